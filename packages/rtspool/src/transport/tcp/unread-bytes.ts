import type { Readable } from 'node:stream'

/**
 * Bytes of a stream that arrived before its reader can use them. While there are any, the stream is
 * paused and does not read from its source, so at most one read is held in memory.
 *
 * A stream that is only paused reads on until its buffer is full. Therefore the last byte goes back
 * into the stream, which is full with one byte (`highWaterMark: 1`). It reads again when that byte
 * has been read.
 */
export class UnreadBytes {
  readonly #stream: Readable
  #bytes: Buffer | undefined

  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** Holds bytes of the stream. Call it from inside the event `data`. */
  hold(bytes: Buffer): void {
    this.#stream.pause()
    // In memory of its own: a view would hold the memory of the whole read.
    this.#stream.unshift(Buffer.alloc(1, bytes.at(-1)))
    if (bytes.length > 1) this.putBack(bytes.subarray(0, -1))
  }

  /** @returns All bytes held here. The stream delivers the next ones once it is resumed. */
  take(): Buffer | undefined {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes
  }

  /**
   * Puts back the unused end of the bytes from {@link take}. The memory of the rest is freed once
   * half is used.
   */
  putBack(bytes: Buffer): void {
    const isMostlyUsed = bytes.length < bytes.buffer.byteLength / 2
    this.#bytes = isMostlyUsed ? Buffer.from(bytes) : bytes
  }
}
