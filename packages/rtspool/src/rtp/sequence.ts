const sequenceNumbers = 2 ** 16

/** How far `to` is ahead of `from` on the circle of sequence numbers: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

/** How many ticks `to` is ahead of `from` on the circle of timestamps: -2^31 to 2^31 - 1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0
}

/** The sequence number after another. */
export function nextSequenceNumber(sequenceNumber: number): number {
  return (sequenceNumber + 1) & (sequenceNumbers - 1)
}

/** Counts sequence numbers on across their wrap at 65535. */
export class ExtendedSequence {
  #highest: number

  /** @param first - The first sequence number; its extended number is the same. */
  constructor(first: number) {
    this.#highest = first
  }

  /** The highest extended sequence number so far. */
  get highest(): number {
    return this.#highest
  }

  /**
   * The extended number of a packet that is less than 32768 away from the highest one.
   *
   * @returns Below the highest for a late packet, and negative for one from before the first wrap.
   */
  extend(sequenceNumber: number): number {
    const extended =
      this.#highest + sequenceDistance(this.#highest & (sequenceNumbers - 1), sequenceNumber)
    if (extended > this.#highest) this.#highest = extended
    return extended
  }
}
