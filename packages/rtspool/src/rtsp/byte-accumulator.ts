const initialBytes = 256
const emptyBuffer = Buffer.alloc(0)

/**
 * Collects bytes that come in pieces. Memory grows by doubling with what has come, never with what
 * was announced, so n bytes that come one by one cost O(n).
 */
export class ByteAccumulator {
  #buffer: Buffer = emptyBuffer
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies `chunk` from `start` up to, not including, `end`. */
  append(chunk: Buffer, start: number, end: number): void {
    const needed = this.#length + (end - start)
    if (needed > this.#buffer.length) this.#grow(needed)
    chunk.copy(this.#buffer, this.#length, start, end)
    this.#length = needed
  }

  /** The byte at an index below `length`. */
  at(index: number): number {
    return this.#buffer[index] as number
  }

  /** A view of what was collected, valid until the next `append`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Forgets what was collected and releases the memory. */
  clear(): void {
    this.#buffer = emptyBuffer
    this.#length = 0
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, initialBytes))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
