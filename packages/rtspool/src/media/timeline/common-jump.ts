/** Tracks of one source jump together: what one does, another does within this time. */
const sameJumpMs = 5_000
/** And by the same, apart from when the packets came. */
const maxDifferenceMs = 500

/** The last jump of a media's tracks: all follow it by the same amount, so that sound stays with its pictures. */
export class CommonJump {
  #byMs = 0
  #at = Number.NEGATIVE_INFINITY

  /**
   * By how much RTP time has jumped.
   *
   * @param measuredMs - As the arrival of one packet tells it, to some milliseconds.
   */
  adopt(measuredMs: number, now: number): number {
    const isSame =
      now - this.#at <= sameJumpMs && Math.abs(measuredMs - this.#byMs) <= maxDifferenceMs
    if (!isSame) this.#byMs = measuredMs
    this.#at = now
    return this.#byMs
  }
}
