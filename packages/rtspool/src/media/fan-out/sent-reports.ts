import { randomInt } from 'node:crypto'

/** A sender report sent to one viewer. */
interface SentReport {
  /** Middle 32 bits of the report's NTP time, which a reception report echoes as `lsr`. */
  readonly middle32: number
  readonly sentAt: number
}

/**
 * Number of remembered reports. A reception report may cross one sender report; a receiver does not
 * echo older ones.
 */
const rememberedReports = 2
/**
 * Milliseconds: a larger step back of the source's clock means that the clock was set, and is
 * reported unchanged.
 */
const maxStepBackMs = 1000
/**
 * Largest random shift of a report's instant into the past, in milliseconds: 8192 different values
 * of `lsr`.
 */
const maxShiftMs = 125
const shifts = 2 ** 13

/**
 * The last sender reports sent to one viewer. Their echoes (`lsr`, RFC 3550 section 6.4.1) give the
 * viewer's round-trip time, even if our wall clock jumps, and prove that the viewer receives them.
 *
 * Other viewers of the track must not be able to guess the echoes. So each report to each viewer
 * states an instant up to 125 ms in the past, at random. RTP and NTP time shift alike, so the
 * report stays exact. Its instant is never earlier than that of the previous report: two reports at
 * nearly the same time may be equal.
 */
export class SentReports {
  readonly #reports: SentReport[] = []
  #lastUnixMs = Number.NEGATIVE_INFINITY

  /**
   * Returns the instant for the next report.
   *
   * @param unixMs - The present, in milliseconds since 1970 on the source's wall clock.
   * @param isSecret - Shifts the instant into the past at random.
   */
  nextInstantMs(unixMs: number, isSecret: boolean): number {
    const drawn = isSecret ? unixMs - (randomInt(shifts) * maxShiftMs) / shifts : unixMs
    const isAfterStep = this.#lastUnixMs - unixMs > maxStepBackMs
    this.#lastUnixMs = isAfterStep ? drawn : Math.max(drawn, this.#lastUnixMs)
    return this.#lastUnixMs
  }

  /**
   * @param middle32 - Middle 32 bits of the NTP time in the report.
   * @param sentAt - Time of sending in monotonic milliseconds.
   */
  note(middle32: number, sentAt: number): void {
    // A repeated report: the viewer counts from the last time that it received it.
    if (this.#reports.at(-1)?.middle32 === middle32) this.#reports.pop()
    this.#reports.push({ middle32, sentAt })
    if (this.#reports.length > rememberedReports) this.#reports.shift()
  }

  /**
   * Returns the time at which the report echoed by `lsr` was sent; `undefined` if this viewer was
   * sent no such report lately.
   */
  sentAt(lsr: number): number | undefined {
    return this.#reports.find(({ middle32 }) => middle32 === lsr)?.sentAt
  }
}
