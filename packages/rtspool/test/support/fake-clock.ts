import type { Clock, ClockTimer } from '../../src/clock.js'

interface Pending {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that moves only when told to. Timers fire in order of time, then of scheduling. */
export class FakeClock implements Clock {
  #now: number
  #unixTimeMs: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(now = 1000, unixTimeMs = Date.UTC(2026, 0, 1)) {
    this.#now = now
    this.#unixTimeMs = unixTimeMs
  }

  /** Timers that have not fired and were not cancelled. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  now(): number {
    return this.#now
  }

  unixTimeMs(): number {
    return this.#unixTimeMs
  }

  schedule(callback: () => void, delayMs: number): ClockTimer {
    const entry: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#pending.add(entry)
    return { cancel: () => void this.#pending.delete(entry) }
  }

  /** Moves time forward, firing every timer that becomes due, each at its own instant. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pending.delete(next)
      this.#moveTo(Math.max(this.#now, next.at))
      next.callback()
    }
    this.#moveTo(end)
  }

  /** Moves time forward without firing anything: the process was stalled. */
  stall(ms: number): void {
    this.#moveTo(this.#now + ms)
  }

  /** Moves only the wall clock. */
  jumpWallClock(ms: number): void {
    this.#unixTimeMs += ms
  }

  #moveTo(now: number): void {
    this.#unixTimeMs += now - this.#now
    this.#now = now
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined
    for (const entry of this.#pending) {
      if (entry.at > end) continue
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) {
        first = entry
      }
    }
    return first
  }
}
