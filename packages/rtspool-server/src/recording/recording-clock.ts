import type { Clock } from 'rtspool'

/** Milliseconds by which a wall clock may drift between two units. A clock that has drifted more was set. */
const maxDriftMs = 2_000
/** Deviation of the source's clock from ours, in milliseconds, up to which the source is believed. */
const maxBelievedMs = 10_000

/**
 * Converts the wall clock of a source to that of this machine, on which files are named. A source whose clock is
 * roughly right is believed. A camera that does not know the date gets our time.
 */
export class RecordingClock {
  readonly #clock: Clock
  #offsetMs = 0
  #last: { readonly unixMs: number; readonly placeMs: number; readonly wallMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Notes a unit.
   *
   * @param unixMs - Wall clock of the source; `undefined` if nothing is known of it.
   * @param placeMs - Place of the unit on the timeline of its stream.
   * @param hasJumped - True if the place says nothing about the time since the unit before.
   * @returns True if the clock of this machine was set since the unit before.
   */
  note(unixMs: number | undefined, placeMs: number, hasJumped: boolean): boolean {
    const now = this.#clock.unixTimeMs()
    const next = { unixMs: unixMs ?? now, placeMs, wallMs: now - this.#clock.now() }
    const last = this.#last
    this.#last = next
    const wasSet = last !== undefined && Math.abs(next.wallMs - last.wallMs) > maxDriftMs
    if (!last || wasSet || hasJumped) {
      const differenceMs = now - next.unixMs
      this.#offsetMs = Math.abs(differenceMs) <= maxBelievedMs ? 0 : differenceMs
      return wasSet
    }
    const sourceStepMs = next.unixMs - last.unixMs - (placeMs - last.placeMs)
    if (Math.abs(sourceStepMs) > maxDriftMs) this.#offsetMs -= sourceStepMs
    return false
  }

  /** Time of the last unit on the clock of this machine, in milliseconds since 1970. */
  get timeMs(): number {
    return (this.#last?.unixMs ?? this.#clock.unixTimeMs()) + this.#offsetMs
  }
}
