import type { Clock } from 'rtspool'

/** Maximum milliseconds by which a wall clock drifts between two access units. A larger drift means that it was set. */
const maxDriftMs = 2_000
/**
 * Maximum difference in milliseconds between the clock of a source and ours. Above it, times are shifted to our clock.
 */
const maxBelievedMs = 10_000

/**
 * Converts the wall clock of a source to that of this machine, on which files are named. A source whose clock is
 * roughly right is believed. A camera that does not know the date gets our time.
 */
export class RecordingClock {
  readonly #clock: Clock
  #offsetMs = 0
  /** Times of the last noted unit, in numbers of their own: an object for each unit would be garbage at once. */
  #hasLast = false
  #unixMs = 0
  #placeMs = 0
  /** Wall clock of this machine minus its monotonic clock, at the last noted unit. */
  #wallMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Notes the times of an access unit, from which {@link timeMs} follows.
   *
   * @param unixMs - Wall clock of the source at the unit, in milliseconds since 1970; `undefined` if it is unknown.
   * @param placeMs - Place of the unit on the timeline of its stream, in milliseconds.
   * @param hasJumped - True if `placeMs` says nothing about the time since the unit before.
   * @returns True if the clock of this machine was set since the unit before.
   */
  note(unixMs: number | undefined, placeMs: number, hasJumped: boolean): boolean {
    const now = this.#clock.unixTimeMs()
    const wallMs = now - this.#clock.now()
    const noted = unixMs ?? now
    const sourceStepMs = noted - this.#unixMs - (placeMs - this.#placeMs)
    const isFirst = !this.#hasLast
    const wasSet = !isFirst && Math.abs(wallMs - this.#wallMs) > maxDriftMs
    this.#hasLast = true
    this.#unixMs = noted
    this.#placeMs = placeMs
    this.#wallMs = wallMs
    if (isFirst || wasSet || hasJumped) {
      const differenceMs = now - noted
      this.#offsetMs = Math.abs(differenceMs) <= maxBelievedMs ? 0 : differenceMs
    } else if (Math.abs(sourceStepMs) > maxDriftMs) this.#offsetMs -= sourceStepMs
    return wasSet
  }

  /**
   * Time of the last noted access unit on the clock of this machine, in milliseconds since 1970; now if there is none.
   */
  get timeMs(): number {
    return (this.#hasLast ? this.#unixMs : this.#clock.unixTimeMs()) + this.#offsetMs
  }
}
