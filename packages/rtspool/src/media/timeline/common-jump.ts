/** Tracks of one source jump together, within this time of each other. */
const sameJumpMs = 5_000
/** They also jump by the same amount, up to this difference in measuring it. */
const maxDifferenceMs = 500

/**
 * The last jump of a media's tracks. All tracks follow it by the same amount, so that sound stays
 * in step with the pictures.
 */
export class CommonJump {
  #byMs = 0
  #at = Number.NEGATIVE_INFINITY

  /**
   * Returns the amount by which RTP time has jumped.
   *
   * @param measuredMs - Amount measured from the arrival of one packet, exact to some milliseconds.
   */
  adopt(measuredMs: number, now: number): number {
    const isSame =
      now - this.#at <= sameJumpMs && Math.abs(measuredMs - this.#byMs) <= maxDifferenceMs
    if (!isSame) this.#byMs = measuredMs
    this.#at = now
    return this.#byMs
  }
}
