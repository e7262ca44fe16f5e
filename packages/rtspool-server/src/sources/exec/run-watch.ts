import type { Clock, ClockTimer } from 'rtspool'

export interface RunWatchInit {
  /** Maximum milliseconds from the start of the program to its first access unit; 0 = unlimited. */
  readonly startMs: number
  /** Maximum milliseconds between two access units of the program; 0 = unlimited. */
  readonly stallMs: number
  /** Called once, at the first access unit of the run. */
  readonly onMedia: () => void
  /** Called if an access unit is later than `startMs` or `stallMs` allows. */
  readonly onStall: () => void
}

/** Watches whether a run of a program produces access units in time. */
export class RunWatch {
  readonly #clock: Clock
  readonly #init: RunWatchInit
  #units: number
  #firstMs: number | undefined
  #lastMs: number
  #timer: ClockTimer | undefined

  /** Begins the wait for the first access unit. @param units - Number of access units sent before this run. */
  constructor(clock: Clock, units: number, init: RunWatchInit) {
    this.#clock = clock
    this.#init = init
    this.#units = units
    this.#lastMs = clock.now()
    this.#await(init.startMs)
  }

  /** Milliseconds from the first access unit of the run to the last; 0 without any. */
  get mediaMs(): number {
    return this.#firstMs === undefined ? 0 : this.#lastMs - this.#firstMs
  }

  /** Notes the number of access units that all runs have sent so far. A number above the last one counts as media. */
  note(units: number): void {
    const isMore = units > this.#units
    this.#units = units
    if (!isMore) return
    this.#lastMs = this.#clock.now()
    if (this.#firstMs !== undefined) return
    this.#firstMs = this.#lastMs
    this.#timer?.cancel()
    this.#await(this.#init.stallMs)
    this.#init.onMedia()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #await(ms: number): void {
    if (ms === 0) return
    const look = (): void => {
      const leftMs = this.#lastMs + ms - this.#clock.now()
      if (leftMs > 0) this.#timer = this.#clock.schedule(look, leftMs, false)
      else this.#init.onStall()
    }
    this.#timer = this.#clock.schedule(look, ms, false)
  }
}
