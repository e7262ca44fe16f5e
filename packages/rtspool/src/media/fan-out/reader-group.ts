import type { PacketBatch } from './packet-batch.js'

/**
 * Readers of one track that share the work of a batch. Called once for each batch and group, never for each packet or
 * reader. Never throws.
 */
export interface ReaderGroup<R> {
  readonly size: number
  /**
   * Adds a reader.
   *
   * @param first - Packets pushed before that the reader begins with, without a gap to the next one.
   */
  add(reader: R, first: readonly Buffer[]): void
  remove(reader: R): void
  send(batch: PacketBatch): void
  /** Brings the counters of a reader up to date. */
  settle(reader: R): void
  forEachReader(visit: (reader: R) => void): void
  /** Packets pushed before that a reader has still to be sent. */
  waitingPackets(reader: R): readonly Buffer[]
  /** Stops timers; sends nothing more. Idempotent. */
  close(): void
}
