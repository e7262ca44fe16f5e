import type { PacketBatch } from './packet-batch.js'
import type { SinkReader } from './reader.js'
import type { ReaderGroup } from './reader-group.js'

const nothing: readonly Buffer[] = Object.freeze([])

/**
 * Readers of one track inside the process: functions of the application. Each is called with every batch of packets,
 * unchanged and not copied: see `BatchSink.take`.
 */
export class SinkGroup implements ReaderGroup<SinkReader> {
  readonly #readers = new Set<SinkReader>()

  get size(): number {
    return this.#readers.size
  }

  add(reader: SinkReader, first: readonly Buffer[]): void {
    this.#readers.add(reader)
    if (first.length > 0) reader.sink.begin(first)
  }

  remove(reader: SinkReader): void {
    this.#readers.delete(reader)
  }

  send(batch: PacketBatch): void {
    for (const { sink } of this.#readers) sink.take(batch)
  }

  settle(): void {}

  forEachReader(visit: (reader: SinkReader) => void): void {
    for (const reader of this.#readers) visit(reader)
  }

  waitingPackets(): readonly Buffer[] {
    return nothing
  }

  close(): void {}
}
