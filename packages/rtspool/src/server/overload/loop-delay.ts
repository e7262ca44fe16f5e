import { type Clock, PeriodicCheck } from '../../clock.js'

/** Milliseconds between two measurements of the event loop's delay. Shorter delays do not matter for overload. */
const intervalMs = 100

/**
 * Measures the maximum delay of the event loop: how late a timer fires. The histogram of Node
 * cannot be used. After each `reset`, the histogram leaves out one interval, which in a stalled
 * process is the next one (Node 20.20).
 */
export class LoopDelay {
  readonly #clock: Clock
  readonly #check: PeriodicCheck
  #dueAt: number | undefined
  #longest = 0
  #longestBefore = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#check = new PeriodicCheck(clock, intervalMs, () => this.#look())
  }

  /** Starts to measure the delay of the event loop. Idempotent. */
  start(): void {
    this.#dueAt ??= this.#clock.now() + intervalMs
    this.#check.start()
  }

  /** Stops measuring the delay of the event loop. Idempotent. */
  stop(): void {
    this.#check.stop()
    this.#dueAt = undefined
    this.#longest = 0
    this.#longestBefore = 0
  }

  /**
   * Ends a period in which the delay of the event loop was measured, and begins the next. A delay counts only if it
   * occurs in two periods in a row.
   *
   * @returns Delay in milliseconds that the event loop has reached in this period and in the one before.
   */
  take(): number {
    const lasting = Math.min(this.#longest, this.#longestBefore)
    this.#longestBefore = this.#longest
    this.#longest = 0
    return lasting
  }

  #look(): boolean {
    const now = this.#clock.now()
    this.#longest = Math.max(this.#longest, now - (this.#dueAt ?? now))
    this.#dueAt = now + intervalMs
    return true
  }
}
