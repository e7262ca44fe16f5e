import type { Clock, ClockTimer } from 'rtspool'

/** Start (`isOn`) or stop of one recording by the control API. */
interface Switch {
  readonly isOn: boolean
  /** End of a start for some seconds, by the monotonic clock; `undefined` = until the next start or stop. */
  readonly until: { readonly atMs: number; readonly timer: ClockTimer } | undefined
}

/**
 * Starts and stops by the control API, by name of the recording. Each counts more than `autoStart` and the schedule.
 */
export class Switches {
  readonly #clock: Clock
  readonly #onOver: (name: string) => void
  readonly #switches = new Map<string, Switch>()

  /** @param onOver - Called with the name of a recording at the end of a start that was limited to some seconds. */
  constructor(clock: Clock, onOver: (name: string) => void) {
    this.#clock = clock
    this.#onOver = onOver
  }

  /**
   * Returns whether the control API has started (`true`) or stopped a recording; `undefined` if it has done neither.
   */
  isOn(name: string): boolean | undefined {
    return this.#switches.get(name)?.isOn
  }

  /** Returns the end of a start for some seconds by the present wall clock; `undefined` without one. */
  untilOf(name: string): Date | undefined {
    const until = this.#switches.get(name)?.until
    return until && new Date(Math.round(this.#clock.unixTimeMs() + until.atMs - this.#clock.now()))
  }

  /** Notes a start (`isOn`) or a stop of a recording that lasts until the next start or stop. */
  set(name: string, isOn: boolean): void {
    this.#switches.get(name)?.until?.timer.cancel()
    this.#switches.set(name, { isOn, until: undefined })
  }

  /** Notes a start of a recording for some seconds, unless a start that lasts longer is in force. */
  setFor(name: string, seconds: number): void {
    const before = this.#switches.get(name)
    const atMs = this.#clock.now() + seconds * 1000
    if (before?.isOn && (before.until?.atMs ?? Number.POSITIVE_INFINITY) >= atMs) return
    before?.until?.timer.cancel()
    const over = (): void => {
      this.#switches.delete(name)
      this.#onOver(name)
    }
    const timer = this.#clock.schedule(over, seconds * 1000, false)
    this.#switches.set(name, { isOn: true, until: { atMs, timer } })
  }

  /** Cancels the timers of all starts that are limited to some seconds. */
  close(): void {
    for (const { until } of this.#switches.values()) until?.timer.cancel()
  }
}
