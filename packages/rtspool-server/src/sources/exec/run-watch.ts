import type { Clock, ClockTimer } from 'rtspool'

export interface RunWatchInit {
  /** Milliseconds that the first access unit may take; 0 = unlimited. */
  readonly startMs: number
  /** Milliseconds that may pass between two access units; 0 = unlimited. */
  readonly stallMs: number
  /** Called at the first access unit. */
  readonly onMedia: () => void
  /** Called once if an access unit is late. */
  readonly onStall: () => void
}

/** Watches whether a run of a program produces media. */
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

  /** Notes the total number of access units sent until now, earlier runs included. More than before counts as media. */
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
