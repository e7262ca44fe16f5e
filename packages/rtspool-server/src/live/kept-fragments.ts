/**
 * Fragments since the last one that a decoder can begin with, for browsers that join. Over its limit it is emptied up to
 * the next beginning, because half a group of pictures is useless.
 */
export class KeptFragments {
  readonly #maxBytes: number
  #frames: Buffer[] = []
  #sizeBytes = 0

  /** @param maxBytes - 0 keeps the beginning alone. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Empty until the next beginning. Valid until the next call. */
  get frames(): readonly Buffer[] {
    return this.#frames
  }

  /** @param isBeginning - True if browsers can begin with the frame. */
  add(frame: Buffer, isBeginning: boolean): void {
    if (isBeginning) this.clear()
    else if (this.#frames.length === 0) return
    this.#frames.push(frame)
    this.#sizeBytes += frame.length
    if (!isBeginning && this.#sizeBytes > this.#maxBytes) this.clear()
  }

  clear(): void {
    this.#frames = []
    this.#sizeBytes = 0
  }
}
