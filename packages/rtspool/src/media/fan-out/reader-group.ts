import type { PacketBatch } from './packet-batch.js'

/**
 * A group of readers of one track that need the same bytes. Its methods are called once for each
 * batch, never for each packet or reader. No method throws.
 */
export interface ReaderGroup<R> {
  readonly size: number
  /**
   * Adds a reader.
   *
   * @param first - Cached packets, from the last key frame on, that the reader is sent first. The
   * next batch must follow the last of them without a gap.
   */
  add(reader: R, first: readonly Buffer[]): void
  remove(reader: R): void
  send(batch: PacketBatch): void
  /** Brings the counters of a reader up to date. Needed in groups that count packets for all readers together. */
  settle(reader: R): void
  forEachReader(visit: (reader: R) => void): void
  /** Returns the packets of earlier batches that have not been sent to a reader yet. */
  waitingPackets(reader: R): readonly Buffer[]
  /** Stops the group's timers. Nothing more is sent. Idempotent. */
  close(): void
}
