import type { Clock } from '../../clock.js'
import { CommonLead } from './common-lead.js'

/** Largest difference between a report and earlier reports of the same track. */
const maxStepMs = 1_000
/**
 * Largest difference between the first report of a track and the other tracks. Encoders delay
 * pictures by seconds, but sound hardly.
 */
const maxDisagreementMs = 10_000

/**
 * The wall clock of the source of a media, relative to our own. All tracks of a media share this
 * clock, both those with sender reports and those timed by arrival. So a clock that the source sets
 * anew is set for all of them at once.
 *
 * Instants of "our clock" continue with the monotonic clock from the first one requested, so a jump
 * of our wall clock never shows.
 */
export class SourceClock {
  /** Common lead of the tracks that are timed by their arrival. */
  readonly lead = new CommonLead()
  /** Our wall clock minus the monotonic one. */
  #wallMs: number | undefined
  /** Source clock minus our clock, known from the first report on. */
  #differenceMs: number | undefined
  /** Step of the source's clock that only one report has shown so far. */
  #doubtedStepMs: number | undefined
  #isOursAnnounced = false

  /** Returns our clock at an instant of the monotonic clock. */
  oursAt(clock: Clock, clockMs: number): number {
    this.#wallMs ??= clock.unixTimeMs() - clock.now()
    return this.#wallMs + clockMs
  }

  /** Converts an instant of our clock to the clock that viewers are sent. */
  fromOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs + (this.#differenceMs ?? 0)
  }

  /** Converts an instant of the clock that viewers are sent to our clock. */
  toOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs - (this.#differenceMs ?? 0)
  }

  /**
   * Converts an instant of the source's clock to our clock.
   *
   * @param oursMs - Our clock at the same instant.
   */
  fromSource(unixMs: number, oursMs: number): number {
    this.#differenceMs ??= unixMs - oursMs
    return unixMs - this.#differenceMs
  }

  /**
   * Converts the instant in a sender report, which may be nonsense. If the report differs from
   * earlier ones, it is believed once the next report, on any track, differs by as much. The
   * source's clock has then been set, for all tracks.
   *
   * @param expectedMs - The same instant on our clock according to earlier reports of the track, if
   *   any.
   * @returns `undefined` for an instant that is not believed.
   */
  fromReport(unixMs: number, oursMs: number, expectedMs: number | undefined): number | undefined {
    this.#differenceMs ??= unixMs - oursMs
    const stepMs = unixMs - this.#differenceMs - (expectedMs ?? oursMs)
    const doubtedMs = this.#doubtedStepMs
    const limitMs = expectedMs === undefined ? maxDisagreementMs : maxStepMs
    this.#doubtedStepMs = Math.abs(stepMs) > limitMs ? stepMs : undefined
    if (this.#doubtedStepMs === undefined) return unixMs - this.#differenceMs
    if (doubtedMs === undefined || Math.abs(stepMs - doubtedMs) > maxStepMs) return undefined
    this.#differenceMs += stepMs
    this.#doubtedStepMs = undefined
    return unixMs - this.#differenceMs
  }

  /**
   * Notes that viewers have been sent our clock because no better one was known. They keep it for
   * good.
   */
  announceOurs(): void {
    this.#isOursAnnounced ||= this.#differenceMs === undefined
  }
}
