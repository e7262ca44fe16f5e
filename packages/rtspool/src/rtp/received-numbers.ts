/** Number of sequence numbers, up to the highest, for which the receiver remembers whether the packet arrived. */
const windowSize = 1024

/** Remembers which of the last 1024 sequence numbers were received, and counts duplicates. */
export class ReceivedNumbers {
  /** Flag for each sequence number modulo the size of the array: 1 if the packet was received. */
  readonly #window = new Uint8Array(windowSize)
  #duplicates = 0

  /** Number of packets whose sequence number was received before. */
  get duplicates(): number {
    return this.#duplicates
  }

  mark(sequenceNumber: number): void {
    const index = sequenceNumber % windowSize
    if (this.#window[index] === 1) this.#duplicates++
    this.#window[index] = 1
  }

  /**
   * Marks the `ahead` sequence numbers after `highest` as not received, because the highest number received increases
   * by `ahead`.
   */
  advance(highest: number, ahead: number): void {
    if (ahead >= windowSize) this.#window.fill(0)
    else for (let step = 1; step <= ahead; step++) this.#window[(highest + step) % windowSize] = 0
  }

  /** Marks all sequence numbers as not received, and resets the count of duplicates. */
  clear(): void {
    this.#window.fill(0)
    this.#duplicates = 0
  }
}
