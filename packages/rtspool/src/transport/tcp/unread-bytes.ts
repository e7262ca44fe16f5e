import type { Readable } from 'node:stream'

/**
 * Bytes of a stream that came before its reader can use them. As long as there are any, the stream is paused and reads
 * nothing from its own source: so no more than one read is held in memory.
 *
 * A stream that is only paused reads on until its buffer is full. Therefore the last of the bytes goes back into the
 * stream, which is full with one byte (`highWaterMark: 1`) and reads again when that byte has left.
 */
export class UnreadBytes {
  readonly #stream: Readable
  #bytes: Buffer | undefined

  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** Holds what the stream has just given. To be called from inside its event `data`. */
  hold(bytes: Buffer): void {
    this.#stream.pause()
    // In memory of its own: a view would keep all of the read.
    this.#stream.unshift(Buffer.alloc(1, bytes.at(-1)))
    if (bytes.length > 1) this.putBack(bytes.subarray(0, -1))
  }

  /** @returns What is held here, all of it; what follows comes from the stream, once it is resumed. */
  take(): Buffer | undefined {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes
  }

  /** Holds on to the end of what {@link take} has returned; the memory of the rest is free once half is used. */
  putBack(bytes: Buffer): void {
    const isMostlyUsed = bytes.length < bytes.buffer.byteLength / 2
    this.#bytes = isMostlyUsed ? Buffer.from(bytes) : bytes
  }
}
