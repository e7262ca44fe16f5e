/**
 * Stores the MP4 fragments since the last key frame, for browsers that join. Above its limit it
 * drops all of them and waits for the next key frame, because half a group of pictures is useless.
 */
export class KeptFragments {
  readonly #maxBytes: number
  #frames: Buffer[] = []
  #sizeBytes = 0

  /**
   * Creates an empty store.
   *
   * @param maxBytes - Limit on the bytes of all fragments together; 0 stores only the fragment with the key frame.
   */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * WebSocket frames with the stored fragments; empty until the next key frame. Valid until the
   * next call of {@link add} or {@link clear}.
   */
  get frames(): readonly Buffer[] {
    return this.#frames
  }

  /**
   * Stores a frame. A frame at which browsers can begin replaces all stored ones. While nothing is
   * stored, any other frame is ignored.
   *
   * @param frame - WebSocket frame with a fragment.
   * @param isBeginning - True if browsers can begin with the frame.
   */
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
