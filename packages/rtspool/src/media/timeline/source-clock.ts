import type { Clock } from '../../clock.js'
import { CommonLead } from './common-lead.js'

/** A report may differ by this much from what the same track told before. */
const maxStepMs = 1_000
/** And the first report of a track from the other tracks: encoders delay pictures by seconds, and sound by none. */
const maxDisagreementMs = 10_000

/**
 * The wall clock of whoever captured a media, beside our own. All tracks of a media are on one clock, whether the source
 * has told their time or they are timed by their arrival here; so a clock that the source sets anew is set for all of
 * them at once.
 *
 * Instants of "our clock" go on by the monotonic clock from the first that was asked for: a wall clock that jumps never shows.
 */
export class SourceClock {
  /** For the tracks that are timed by their arrival. */
  readonly lead = new CommonLead()
  /** Our wall clock minus the monotonic one. */
  #wallMs: number | undefined
  /** Source minus ours, from its first report on. */
  #differenceMs: number | undefined
  /** A step of the source's clock, which one report has told so far. */
  #doubtedStepMs: number | undefined
  #isOursAnnounced = false

  /** Our clock at an instant of the monotonic one. */
  oursAt(clock: Clock, clockMs: number): number {
    this.#wallMs ??= clock.unixTimeMs() - clock.now()
    return this.#wallMs + clockMs
  }

  /** An instant of our clock on the clock that viewers are told. */
  fromOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs + (this.#differenceMs ?? 0)
  }

  /** An instant of the clock that viewers are told on our clock. */
  toOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs - (this.#differenceMs ?? 0)
  }

  /**
   * An instant of the source's clock on our clock.
   *
   * @param oursMs - Our clock at the same instant.
   */
  fromSource(unixMs: number, oursMs: number): number {
    this.#differenceMs ??= unixMs - oursMs
    return unixMs - this.#differenceMs
  }

  /**
   * The same for what a sender report says, which may be nonsense. One that differs from what was told before is believed
   * when the next report differs by as much, on whichever track: then the clock has been set, for all tracks.
   *
   * @param expectedMs - The same instant on our clock, as the track told before, if it did.
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

  /** Viewers have been told our clock, for want of a better one: they are never told another. */
  announceOurs(): void {
    this.#isOursAnnounced ||= this.#differenceMs === undefined
  }
}
