import type { Readable } from 'node:stream'
import { isShared } from '../system/read-memory.js'

/**
 * Stores bytes of a stream that arrived before its reader could use them. Meanwhile the stream is
 * paused and does not read from its source, so that at most one read is in memory.
 *
 * A paused stream continues to read until its buffer is full. Therefore the last byte is put back
 * into the stream, whose buffer is full with one byte (`highWaterMark: 1`). Reading that byte lets
 * the stream read again.
 */
export class UnreadBytes {
  readonly #stream: Readable
  #bytes: Buffer | undefined

  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** Stores bytes that the stream has just emitted, and pauses the stream. Call this from inside the event `data`. */
  hold(bytes: Buffer): void {
    this.#stream.pause()
    // In memory of its own: a view would hold the memory of the whole read.
    this.#stream.unshift(Buffer.alloc(1, bytes.at(-1)))
    if (bytes.length > 1) this.putBack(bytes.subarray(0, -1))
  }

  /**
   * Removes and returns all stored bytes; `undefined` if there are none. The stream emits the next
   * bytes once it is resumed.
   */
  take(): Buffer | undefined {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes
  }

  /**
   * Puts back the unused end of the bytes from {@link take}. Once half of them are used, the others are copied, so
   * that the memory of the used half is freed.
   */
  putBack(bytes: Buffer): void {
    const isMostlyUsed = bytes.length < bytes.buffer.byteLength / 2
    this.#bytes = isMostlyUsed || isShared(bytes) ? Buffer.from(bytes) : bytes
  }
}
