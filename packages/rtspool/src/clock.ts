// The global `performance` is looked up behind an accessor at each use; the import costs a third less.
import { performance } from 'node:perf_hooks'

/** A pending call made with {@link Clock.schedule}. */
export interface ClockTimer {
  /** Makes sure that the callback is not called (any more). Idempotent. */
  cancel(): void
}

/**
 * Where time comes from. Everything in the library that waits or measures uses one of these, so that
 * tests (and simulators) can turn it by hand.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin, with fractions. Never goes backwards. */
  now(): number
  /**
   * Wall-clock milliseconds since 1970, only for what goes on the wire (NTP timestamps, `Date`).
   * It may jump; no lifetime is ever computed from it.
   */
  unixTimeMs(): number
  /**
   * Calls `callback` once, not earlier than `delayMs` from now.
   *
   * @param delayMs - Any number of milliseconds; 0 or less means: on the next turn of the event loop.
   * @param ref - Whether the pending call keeps the process alive.
   */
  schedule(callback: () => void, delayMs: number, ref: boolean): ClockTimer
}

/** Timers of Node may fire a fraction of a millisecond early: they are asked for one more. */
const earlyMs = 1
/** Longer ones, with what is added, fire at once. */
const maxDelayMs = 2 ** 31 - 1 - earlyMs

class ImmediateTimer implements ClockTimer {
  readonly #handle: NodeJS.Immediate
  constructor(callback: () => void, ref: boolean) {
    this.#handle = setImmediate(callback)
    if (!ref) this.#handle.unref()
  }
  cancel(): void {
    clearImmediate(this.#handle)
  }
}

class TimeoutTimer implements ClockTimer {
  #handle: NodeJS.Timeout
  constructor(callback: () => void, delayMs: number, ref: boolean) {
    this.#handle = this.#start(callback, delayMs, ref)
  }
  cancel(): void {
    clearTimeout(this.#handle)
  }
  #start(callback: () => void, delayMs: number, ref: boolean): NodeJS.Timeout {
    const isLong = delayMs > maxDelayMs
    const handle = isLong
      ? setTimeout(() => {
          this.#handle = this.#start(callback, delayMs - maxDelayMs, ref)
        }, maxDelayMs)
      : setTimeout(callback, Math.ceil(delayMs) + earlyMs)
    if (!ref) handle.unref()
    return handle
  }
}

/** The clock of the machine: `performance.now()`, `Date.now()` and the timers of Node. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  unixTimeMs: () => Date.now(),
  schedule: (callback: () => void, delayMs: number, ref: boolean): ClockTimer =>
    delayMs <= 0 ? new ImmediateTimer(callback, ref) : new TimeoutTimer(callback, delayMs, ref),
})
