const initialBytes = 256
const emptyBuffer = Buffer.alloc(0)

/**
 * Collects bytes of one message that arrive in pieces. The memory doubles with the received bytes, never with an
 * announced length, so n single bytes cost O(n).
 */
export class ByteAccumulator {
  #buffer: Buffer = emptyBuffer
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Appends a copy of the bytes of `chunk` from `start` up to, not including, `end`. */
  append(chunk: Buffer, start: number, end: number): void {
    const needed = this.#length + (end - start)
    if (needed > this.#buffer.length) this.#grow(needed)
    chunk.copy(this.#buffer, this.#length, start, end)
    this.#length = needed
  }

  /** Returns the collected byte at an index, which must be below `length`. */
  at(index: number): number {
    return this.#buffer[index] as number
  }

  /** Returns a view of the collected bytes, valid until the next `append`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Drops the collected bytes and releases the memory. */
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
