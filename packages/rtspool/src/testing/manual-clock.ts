import type { Clock, ClockTimer } from '../clock.js'

interface Pending {
  readonly at: number
  readonly callback: () => void
}

/**
 * Clock for tests: its time moves only by {@link advance}, {@link stall} and {@link jumpWallClock}.
 * Timers fire in order of time, then of scheduling.
 */
export class ManualClock implements Clock {
  #now: number
  #unixTimeMs: number
  readonly #pending = new Set<Pending>()
  /** Number of timers that have been set on the clock so far. */
  scheduled = 0
  /**
   * Milliseconds by which each reading of the clock moves its time forward, to simulate the time
   * that work takes.
   */
  msPerLook = 0

  /**
   * Creates a clock that shows these times until it is moved.
   *
   * @param now - Monotonic milliseconds.
   * @param unixTimeMs - Milliseconds since 1970.
   */
  constructor(now = 10_000.25, unixTimeMs = Date.UTC(2026, 0, 1)) {
    this.#now = now
    this.#unixTimeMs = unixTimeMs
  }

  /** Number of timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  now(): number {
    if (this.msPerLook > 0) this.#move(this.msPerLook)
    return this.#now
  }

  unixTimeMs(): number {
    return this.#unixTimeMs
  }

  schedule(callback: () => void, delayMs: number): ClockTimer {
    this.scheduled++
    const entry = { at: this.#now + Math.max(0, delayMs), callback }
    this.#pending.add(entry)
    return { cancel: () => void this.#pending.delete(entry) }
  }

  /** Moves the time of the clock forward by `ms`, and calls each timer that becomes due, at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#move(Math.max(0, next.at - this.#now))
      this.#fire(next)
    }
    if (end > this.#now) this.#move(end - this.#now)
  }

  /** Moves the time of the clock forward by `ms` without calling timers, as if the process was stalled. */
  stall(ms: number): void {
    this.#move(ms)
  }

  /** Calls each due timer once, like one turn of an event loop. @returns number of calls */
  turn(): number {
    const due = [...this.#pending].filter((entry) => entry.at <= this.#now)
    for (const entry of due) this.#fire(entry)
    return due.length
  }

  /** Moves the wall clock, but not the monotonic time. @param ms - Milliseconds; negative = back */
  jumpWallClock(ms: number): void {
    this.#unixTimeMs += ms
  }

  #fire(entry: Pending): void {
    if (this.#pending.delete(entry)) entry.callback()
  }

  #move(ms: number): void {
    this.#now += ms
    this.#unixTimeMs += ms
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined
    for (const entry of this.#pending) {
      if (entry.at <= end && (first === undefined || entry.at < first.at)) first = entry
    }
    return first
  }
}
