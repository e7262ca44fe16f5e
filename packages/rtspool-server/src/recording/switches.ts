import type { Clock, ClockTimer } from 'rtspool'

/** Start or stop of one recording. */
interface Switch {
  readonly isOn: boolean
  /** End of a start for some seconds, by the monotonic clock; `undefined` = until the next start or stop. */
  readonly until: { readonly atMs: number; readonly timer: ClockTimer } | undefined
}

/** Starts and stops of recordings by the control API, by name. They count more than `autoStart` and the schedule. */
export class Switches {
  readonly #clock: Clock
  readonly #onOver: (name: string) => void
  readonly #switches = new Map<string, Switch>()

  /** @param onOver - Called at the end of a start for some seconds. The recording then follows its settings again. */
  constructor(clock: Clock, onOver: (name: string) => void) {
    this.#clock = clock
    this.#onOver = onOver
  }

  /** Returns whether a recording was started (`true`) or stopped; `undefined` if it follows its settings. */
  isOn(name: string): boolean | undefined {
    return this.#switches.get(name)?.isOn
  }

  /** Returns the end of a start for some seconds by the present wall clock; `undefined` without one. */
  untilOf(name: string): Date | undefined {
    const until = this.#switches.get(name)?.until
    return until && new Date(Math.round(this.#clock.unixTimeMs() + until.atMs - this.#clock.now()))
  }

  /** Notes a start or a stop that lasts until the next one. */
  set(name: string, isOn: boolean): void {
    this.#switches.get(name)?.until?.timer.cancel()
    this.#switches.set(name, { isOn, until: undefined })
  }

  /** Notes a start for some seconds. It never shortens a start that lasts longer. */
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

  /** Cancels all timers. */
  close(): void {
    for (const { until } of this.#switches.values()) until?.timer.cancel()
  }
}
