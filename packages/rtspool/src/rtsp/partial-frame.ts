import { frameHeaderBytes } from './interleaved.js'

const noPayload = Buffer.alloc(0)

/**
 * An interleaved frame that arrives in several pieces. Call {@link begin}, then
 * {@link readHeader} until {@link hasHeader}, then {@link readPayload} until {@link isComplete}.
 */
export class PartialFrame {
  readonly #header = new Uint8Array(frameHeaderBytes)
  #headerFill = 0
  #payload: Buffer = noPayload
  #payloadFill = 0

  get channel(): number {
    return this.#header[1] as number
  }

  get hasHeader(): boolean {
    return this.#headerFill === frameHeaderBytes
  }

  /** True once all bytes of the frame's payload have been read. */
  get isComplete(): boolean {
    return this.#payloadFill === this.#payload.length
  }

  /** Starts an interleaved frame; the next bytes to read begin with its `$`. */
  begin(): void {
    this.#headerFill = 0
  }

  /** Reads bytes of the frame's header. @returns Index in the chunk of the first byte that was not read */
  readHeader(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && !this.hasHeader) {
      this.#header[this.#headerFill++] = chunk[at++] as number
    }
    if (!this.hasHeader) return at
    const [, , high = 0, low = 0] = this.#header
    // At most 64 KiB, and not zero-filled: pages that the peer never fills stay untouched.
    this.#payload = Buffer.allocUnsafe((high << 8) | low)
    this.#payloadFill = 0
    return at
  }

  /** Reads bytes of the frame's payload. @returns Index in the chunk of the first byte that was not read */
  readPayload(chunk: Buffer, start: number): number {
    const copied = chunk.copy(this.#payload, this.#payloadFill, start)
    this.#payloadFill += copied
    return start + copied
  }

  /** Returns the complete payload of the frame, which belongs to the caller from now on. */
  take(): Buffer {
    const payload = this.#payload
    this.drop()
    return payload
  }

  /** Drops the incomplete frame and frees its memory. */
  drop(): void {
    this.#payload = noPayload
  }
}
