import { randomInt } from 'node:crypto'

/** A sender report that one viewer was sent. */
interface SentReport {
  /** Middle 32 bits of its NTP time: what a reception report echoes as `lsr`. */
  readonly middle32: number
  readonly sentAt: number
}

/** A report may cross the one before; older ones are not echoed by a receiver that hears us. */
const rememberedReports = 2
/** The source's clock jumps by more than this only when it is set: that is told as it is. */
const maxStepBackMs = 1000
/** How far the instant of a report lies back at most: 8192 different values of `lsr`, see below. */
const maxShiftMs = 125
const shifts = 2 ** 13

/**
 * The last sender reports that one viewer was sent. From what it echoes of them (`lsr`, RFC 3550 section 6.4.1)
 * comes its round-trip time, whatever our wall clock does meanwhile; and it shows that the viewer hears us.
 *
 * So that the others who play the same track cannot know what it would echo, the instant that a report speaks of
 * lies up to 125 ms back, at random for each viewer and report: RTP and NTP time shift alike, what they say stays
 * exact. It is never earlier than that of the report before: two that come at nearly the same time may tell the same.
 */
export class SentReports {
  readonly #reports: SentReport[] = []
  #lastUnixMs = Number.NEGATIVE_INFINITY

  /**
   * The instant that the next report is to speak of.
   *
   * @param unixMs - The present, in milliseconds since 1970 on the source's wall clock.
   * @param isSecret - Whether it lies back at random.
   */
  nextInstantMs(unixMs: number, isSecret: boolean): number {
    const drawn = isSecret ? unixMs - (randomInt(shifts) * maxShiftMs) / shifts : unixMs
    const isAfterStep = this.#lastUnixMs - unixMs > maxStepBackMs
    this.#lastUnixMs = isAfterStep ? drawn : Math.max(drawn, this.#lastUnixMs)
    return this.#lastUnixMs
  }

  /**
   * @param middle32 - Middle 32 bits of the NTP time that the viewer was sent.
   * @param sentAt - Monotonic milliseconds.
   */
  note(middle32: number, sentAt: number): void {
    // Told again: the viewer counts from when it heard it last.
    if (this.#reports.at(-1)?.middle32 === middle32) this.#reports.pop()
    this.#reports.push({ middle32, sentAt })
    if (this.#reports.length > rememberedReports) this.#reports.shift()
  }

  /** When the report was sent that `lsr` echoes; `undefined` when this viewer was sent none such lately. */
  sentAt(lsr: number): number | undefined {
    return this.#reports.find(({ middle32 }) => middle32 === lsr)?.sentAt
  }
}
