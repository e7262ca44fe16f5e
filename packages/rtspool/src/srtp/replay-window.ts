/**
 * How far behind the newest a packet may come. RFC 3711 section 3.3.2 asks for 64 at least; frames of high
 * resolution are bursts of hundreds.
 */
const windowSize = 1024

/** Remembers which of the newest indexes have been there. */
export class ReplayWindow {
  /** The index that was last seen at each place, plus 1: 0 is none. */
  readonly #places = new Float64Array(windowSize)
  #highest = -1

  /** The newest index, or -1. */
  get highest(): number {
    return this.#highest
  }

  /** Whether an index is new: neither seen before nor so old that nobody knows. */
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
