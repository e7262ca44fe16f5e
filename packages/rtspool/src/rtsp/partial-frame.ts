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

  /** True if {@link take} returns the whole payload. */
  get isComplete(): boolean {
    return this.#payloadFill === this.#payload.length
  }

  /** Starts a frame; its bytes from `$` on follow. */
  begin(): void {
    this.#headerFill = 0
  }

  /** @returns Index of the first byte behind what was read. */
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

  /** @returns Index of the first byte behind what was read. */
  readPayload(chunk: Buffer, start: number): number {
    const copied = chunk.copy(this.#payload, this.#payloadFill, start)
    this.#payloadFill += copied
    return start + copied
  }

  /** Returns the payload, and drops it here. */
  take(): Buffer {
    const payload = this.#payload
    this.drop()
    return payload
  }

  /** Frees the payload. */
  drop(): void {
    this.#payload = noPayload
  }
}
