/**
 * Number of packet indexes below the highest one that a receiver remembers; an older packet counts
 * as repeated. RFC 3711 section 3.3.2 requires at least 64. Frames of high resolution are bursts of
 * hundreds of packets.
 */
const windowSize = 1024

/** Remembers which of the latest packet indexes have been received or sent. */
export class ReplayWindow {
  /**
   * Indexes of the latest received or sent packets plus 1, each at the packet index modulo the size of the window; 0
   * = none.
   */
  readonly #places = new Float64Array(windowSize)
  #highest = -1

  /** Highest packet index received or sent so far; -1 = none. */
  get highest(): number {
    return this.#highest
  }

  /**
   * Returns whether the packet with an index has not been received or sent yet. An index older than the window counts
   * as received.
   */
  isNew(index: number): boolean {
    if (index > this.#highest) return true
    return index > this.#highest - windowSize && this.#places[index % windowSize] !== index + 1
  }

  /** Notes an index as received or sent. {@link isNew} must have returned `true` for it. */
  add(index: number): void {
    this.#places[index % windowSize] = index + 1
    if (index > this.#highest) this.#highest = index
  }
}
