/**
 * Number of indexes by which a packet may be late. RFC 3711 section 3.3.2 requires at least 64;
 * frames of high resolution are bursts of hundreds.
 */
const windowSize = 1024

/** Remembers which of the newest indexes have been received. */
export class ReplayWindow {
  /** Last received index of each place, plus 1; 0 means none. */
  readonly #places = new Float64Array(windowSize)
  #highest = -1

  /** Newest index, or -1. */
  get highest(): number {
    return this.#highest
  }

  /** Returns whether an index is new: neither received before nor too old to know. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true
    return index > this.#highest - windowSize && this.#places[index % windowSize] !== index + 1
  }

  /** Notes an index that is new. */
  add(index: number): void {
    this.#places[index % windowSize] = index + 1
    if (index > this.#highest) this.#highest = index
  }
}
