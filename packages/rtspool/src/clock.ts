// Imported, because each use of the global `performance` calls an accessor and costs half as much
// again.
import { performance } from 'node:perf_hooks'

/** A pending call made with {@link Clock.schedule}. */
export interface ClockTimer {
  /** Cancels the pending call, so that the callback is not called. Idempotent. */
  cancel(): void
}

/**
 * Source of time. Everything in the library that waits or measures uses a clock, so that tests and
 * simulators can control time.
 */
export interface Clock {
  /** Returns monotonic milliseconds from an arbitrary origin, with fractions; never decreases. */
  now(): number
  /**
   * Returns wall-clock milliseconds since 1970, used only on the wire (NTP timestamps, `Date`). The
   * value may jump; no lifetime depends on it.
   */
  unixTimeMs(): number
  /**
   * Calls `callback` once, not earlier than `delayMs` from now.
   *
   * @param delayMs - Any number of milliseconds; 0 or less means the next turn of the event loop.
   * @param ref - Keeps the process alive while the call is pending.
   */
  schedule(callback: () => void, delayMs: number, ref: boolean): ClockTimer
}

/** Milliseconds added to the delay of each timer. Timers of Node may fire a fraction of a millisecond too early. */
const earlyMs = 1
/**
 * Maximum delay in milliseconds of one timer of Node, which fires a longer one at once. For a
 * longer delay, several timers follow one another.
 */
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

/**
 * A timer of the clock that may fire one turn of the event loop later, after sockets have been
 * read.
 */
class AfterReadsTimer implements ClockTimer {
  #timer: ClockTimer

  constructor(
    clock: Clock,
    callback: () => void,
    delayMs: number,
    options: { readonly ref: boolean; readonly mustWait: () => boolean },
  ) {
    const { ref, mustWait } = options
    this.#timer = clock.schedule(
      () => {
        if (mustWait()) this.#timer = clock.schedule(callback, 0, ref)
        else callback()
      },
      delayMs,
      ref,
    )
  }

  cancel(): void {
    this.#timer.cancel()
  }
}

/**
 * Calls `callback` once, when the delay is over and the bytes that arrived meanwhile have been
 * read. Timers run before sockets are read. So after a stall of the process, requests that keep a
 * session alive may still be unread.
 *
 * @param options - `ref`: whether the pending call keeps the process alive, `false` by default.
 *   `mustWait` is called when the delay is over; if it returns `false`, the callback does not wait
 *   for reads. By default every call waits.
 */
export function scheduleAfterReads(
  clock: Clock,
  callback: () => void,
  delayMs: number,
  { ref = false, mustWait = () => true }: { ref?: boolean; mustWait?: () => boolean } = {},
): ClockTimer {
  return new AfterReadsTimer(clock, callback, delayMs, { ref, mustWait })
}

/** Calls a function at regular intervals, as long as that function has something to check. */
export class PeriodicCheck {
  readonly #schedule: (callback: () => void) => ClockTimer
  readonly #look: () => boolean
  #timer: ClockTimer | undefined

  /**
   * Creates a check whose timer does not run yet; see {@link start}.
   *
   * @param look - Called at each interval. Once `look` returns `false`, the calls stop until {@link start}.
   */
  constructor(
    clock: Clock,
    intervalMs: number,
    look: () => boolean,
    { isAfterReads = false }: { isAfterReads?: boolean } = {},
  ) {
    this.#look = look
    this.#schedule = (callback) =>
      isAfterReads
        ? scheduleAfterReads(clock, callback, intervalMs)
        : clock.schedule(callback, intervalMs, false)
  }

  /** Starts the calls of the function; the first one follows after one interval. Idempotent. */
  start(): void {
    this.#timer ??= this.#schedule(() => this.#run())
  }

  /** Stops the calls of the function at intervals. Idempotent. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #run(): void {
    this.#timer = undefined
    if (this.#look()) this.start()
  }
}
