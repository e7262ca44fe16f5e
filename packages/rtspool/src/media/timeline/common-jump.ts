/** Maximum time in milliseconds between the jumps of two tracks that count as one jump of their source. */
const sameJumpMs = 5_000
/**
 * Maximum difference in milliseconds between the measured amounts of two jumps that count as one jump of the source.
 * A jump that differs by more is another one.
 */
const maxDifferenceMs = 500

/**
 * The last jump in the RTP time of a media's tracks. All tracks of a source follow a jump by the same amount, so that
 * sound and pictures still match.
 */
export class CommonJump {
  #byMs = 0
  #at = Number.NEGATIVE_INFINITY

  /**
   * Returns the amount in milliseconds by which a track must follow a jump. If another track has just jumped by
   * nearly as much, the amount is that of its jump, otherwise the measured one.
   *
   * @param measuredMs - Amount measured from the arrival of one packet, exact to some milliseconds.
   * @param now - Milliseconds of the monotonic clock.
   */
  adopt(measuredMs: number, now: number): number {
    const isSame =
      now - this.#at <= sameJumpMs && Math.abs(measuredMs - this.#byMs) <= maxDifferenceMs
    if (!isSame) this.#byMs = measuredMs
    this.#at = now
    return this.#byMs
  }
}
