/** Weight of a new value in the average of the jitter (RFC 3550 A.8). */
const gain = 1 / 16

/**
 * Computes the interarrival jitter of one source.
 *
 * @see RFC 3550 A.8, without its fixed-point arithmetic
 */
export class InterarrivalJitter {
  readonly #clockRate: number
  #transit = 0
  #hasTransit = false
  #jitter = 0

  /**
   * Creates the calculation of the jitter for one source.
   *
   * @param clockRate - Ticks of the RTP timestamp in a second.
   */
  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  /** Interarrival jitter in ticks of the RTP clock, with fractions. */
  get ticks(): number {
    return this.#jitter
  }

  /**
   * Updates the jitter with a received packet.
   *
   * @param timestamp - RTP timestamp of the packet, in ticks.
   * @param arrivalMs - Monotonic time of arrival, in milliseconds.
   */
  update(timestamp: number, arrivalMs: number): void {
    const arrivalTicks = Math.floor((arrivalMs * this.#clockRate) / 1000)
    const transit = (arrivalTicks - timestamp) | 0
    if (this.#hasTransit) {
      const difference = Math.abs((transit - this.#transit) | 0)
      this.#jitter += (difference - this.#jitter) * gain
    }
    this.#transit = transit
    this.#hasTransit = true
  }

  /**
   * Notes that the RTP timestamps of the source have jumped. The jitter stays, but the next packet is not compared
   * with the last.
   */
  noteJump(): void {
    this.#hasTransit = false
  }
}
