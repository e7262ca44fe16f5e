import { randomInt } from 'node:crypto'

/** A sender report that was sent to one viewer. */
interface SentReport {
  /**
   * Middle 32 bits of the report's NTP time, by which the report is recognized: the viewer repeats them as `lsr` in its
   * reception reports.
   */
  readonly middle32: number
  readonly sentAt: number
}

/**
 * Number of reports remembered for a viewer. A reception report may cross one sender report on the way; receivers do
 * not refer to older ones.
 */
const rememberedReports = 2
/**
 * Milliseconds by which the source's clock may step back and still count as inaccurate. Up to this step, an instant
 * is never earlier than the previous one. A larger step means that the clock was set, and is reported unchanged.
 */
const maxStepBackMs = 1000
/**
 * Maximum random shift of a report's instant into the past, in milliseconds. It yields 8192 different values of
 * `lsr`.
 */
const maxShiftMs = 125
const shifts = 2 ** 13

/**
 * Remembers the last sender reports sent to one viewer. A reception report names one of them (`lsr`, RFC 3550 section
 * 6.4.1). This gives the round-trip time even if our wall clock jumps, and proves that the viewer receives the
 * reports.
 *
 * Other viewers of the track must not be able to guess `lsr`. So each report to each viewer contains an instant up to
 * 125 ms in the past, at random. RTP and NTP time shift alike, so that the report stays exact. An instant is never
 * earlier than the previous one: two reports sent shortly after each other may be equal.
 */
export class SentReports {
  readonly #reports: SentReport[] = []
  #lastUnixMs = Number.NEGATIVE_INFINITY

  /**
   * Returns the instant to send in the next report, in milliseconds since 1970.
   *
   * @param unixMs - The present on the source's wall clock, in milliseconds since 1970.
   * @param isSecret - True to shift the instant into the past at random, by at most 125 ms.
   */
  nextInstantMs(unixMs: number, isSecret: boolean): number {
    const drawn = isSecret ? unixMs - (randomInt(shifts) * maxShiftMs) / shifts : unixMs
    const isAfterStep = this.#lastUnixMs - unixMs > maxStepBackMs
    this.#lastUnixMs = isAfterStep ? drawn : Math.max(drawn, this.#lastUnixMs)
    return this.#lastUnixMs
  }

  /**
   * Remembers a report that is being sent.
   *
   * @param middle32 - Middle 32 bits of the NTP time in the report.
   * @param sentAt - Time of sending, in milliseconds of the monotonic clock.
   */
  note(middle32: number, sentAt: number): void {
    // A repeated report: the viewer counts from the last time that it received it.
    if (this.#reports.at(-1)?.middle32 === middle32) this.#reports.pop()
    this.#reports.push({ middle32, sentAt })
    if (this.#reports.length > rememberedReports) this.#reports.shift()
  }

  /**
   * Returns the time at which the report named by `lsr` was sent, in milliseconds of the monotonic clock. Returns
   * `undefined` if none of the last reports to this viewer matches.
   */
  sentAt(lsr: number): number | undefined {
    return this.#reports.find(({ middle32 }) => middle32 === lsr)?.sentAt
  }
}
