import type { Clock } from '../../clock.js'
import { CommonLead } from './common-lead.js'

/**
 * Largest deviation of a sender report, in milliseconds, from earlier reports of its track. A report above the limit
 * is believed only if the next report confirms the deviation.
 */
const maxStepMs = 1_000
/**
 * Largest deviation of a track's first report, in milliseconds, from the time of the other tracks. The limit is
 * larger than {@link maxStepMs}, because encoders delay pictures by seconds but sound hardly.
 */
const maxDisagreementMs = 10_000

/**
 * Converts between the wall clock of a media's source and the clock of this server. All tracks of a media share this
 * object, both those with sender reports and those timed by arrival. If the source sets its clock, the new time applies
 * to all of them at once.
 *
 * The server's wall clock is read only once. From then on its time follows the monotonic clock, so that a jump of the
 * wall clock never shows.
 */
export class SourceClock {
  /**
   * Milliseconds by which the source sends its packets too early, shared by the tracks whose time
   * follows their arrival.
   */
  readonly lead = new CommonLead()
  /** The server's wall clock minus the monotonic clock, in milliseconds. The first conversion sets it. */
  #wallMs: number | undefined
  /** The source's clock minus the server's, in milliseconds; `undefined` until the source has stated its time. */
  #differenceMs: number | undefined
  /**
   * Milliseconds by which the last sender report deviates from earlier ones, if it was refused. A report is refused
   * until a second one confirms its deviation.
   */
  #doubtedStepMs: number | undefined
  #isOursAnnounced = false
  /** True from {@link expectOther} to the first report that is accepted. */
  #awaitsOther = false
  /** Milliseconds added to the times of a source that has taken over, whose clock may differ from that of the first. */
  #shiftMs = 0

  /** Converts `clockMs` of the monotonic clock to the server's wall-clock time, in milliseconds since 1970. */
  oursAt(clock: Clock, clockMs: number): number {
    this.#wallMs ??= clock.unixTimeMs() - clock.now()
    return this.#wallMs + clockMs
  }

  /**
   * Converts an instant of the server's clock to the clock that viewers see, both in milliseconds since 1970. That is
   * the source's clock, or after {@link announceOurs} the server's.
   */
  fromOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs + (this.#differenceMs ?? 0)
  }

  /** Converts an instant of the clock that viewers see to the server's clock, both in milliseconds since 1970. */
  toOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs - (this.#differenceMs ?? 0)
  }

  /**
   * Converts an instant of the source's clock to the server's. The first call sets the difference between the two.
   *
   * @param oursMs - The server's clock at the same instant.
   */
  fromSource(unixMs: number, oursMs: number): number {
    this.#differenceMs ??= unixMs - oursMs
    return unixMs + this.#shiftMs - this.#differenceMs
  }

  /**
   * Converts an instant of the source's clock to that which viewers see, in milliseconds since 1970; `undefined` until
   * a source has stated its time.
   */
  viewersTimeOf(unixMs: number): number | undefined {
    if (this.#differenceMs === undefined) return undefined
    return this.fromOurs(unixMs + this.#shiftMs - this.#differenceMs)
  }

  /**
   * Sets the difference between the clock of another source, which takes over, and the clock that viewers see. Times
   * of that source then continue those of the source before.
   *
   * @param unixMs - Clock of the new source at the instant at which viewers see `viewersMs`.
   */
  continueWith(unixMs: number, viewersMs: number): void {
    const oursMs = this.toOurs(viewersMs)
    this.#differenceMs ??= unixMs - oursMs
    this.#shiftMs = oursMs + this.#differenceMs - unixMs
    this.#doubtedStepMs = undefined
    this.#awaitsOther = false
  }

  /**
   * Notes that another source has taken over, which has not stated its time yet. Its first report that is accepted then
   * continues the clock that viewers see, whatever the clock of the source shows.
   */
  expectOther(): void {
    this.#awaitsOther = true
  }

  /**
   * Converts the instant in a sender report to the server's clock. The report may be nonsense. If it deviates from
   * earlier reports, it is refused until the next report, on any track, deviates by as much. The source has then set
   * its clock, and the new time applies to all tracks.
   *
   * @param oursMs - The server's clock at the arrival of the report.
   * @param expectedMs - Instant on the server's clock that follows from earlier reports of the track, if there are any.
   * @returns `undefined` for a refused report.
   */
  fromReport(statedMs: number, oursMs: number, expectedMs: number | undefined): number | undefined {
    const unixMs = statedMs + this.#shiftMs
    this.#differenceMs ??= unixMs - oursMs
    const stepMs = unixMs - this.#differenceMs - (expectedMs ?? oursMs)
    const doubtedMs = this.#doubtedStepMs
    const limitMs = expectedMs === undefined ? maxDisagreementMs : maxStepMs
    const isDoubted = Math.abs(stepMs) > limitMs
    this.#doubtedStepMs = isDoubted ? stepMs : undefined
    const isConfirmed = doubtedMs !== undefined && Math.abs(stepMs - doubtedMs) <= maxStepMs
    if (isDoubted && !isConfirmed) return undefined
    this.#doubtedStepMs = undefined
    if (this.#awaitsOther && expectedMs !== undefined) {
      this.#awaitsOther = false
      this.#shiftMs -= stepMs
      return expectedMs
    }
    if (isDoubted) this.#differenceMs += stepMs
    return unixMs - this.#differenceMs
  }

  /**
   * Notes that viewers have been sent times of the server's clock. If the source has not stated its time by then,
   * viewers see the server's clock for good.
   */
  announceOurs(): void {
    this.#isOursAnnounced ||= this.#differenceMs === undefined
  }
}
