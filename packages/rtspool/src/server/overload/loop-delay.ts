import { type Clock, PeriodicCheck } from '../../clock.js'

/** Interval between looks. Delays below it do not matter for overload. */
const intervalMs = 100

/**
 * Longest delay of the event loop: how late a timer is. The histogram of Node cannot show it, because after each `reset` it
 * leaves out one interval, which in a stalled process is the next one (20.20).
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

  /** Idempotent. */
  start(): void {
    this.#dueAt ??= this.#clock.now() + intervalMs
    this.#check.start()
  }

  /** Idempotent. */
  stop(): void {
    this.#check.stop()
    this.#dueAt = undefined
    this.#longest = 0
    this.#longestBefore = 0
  }

  /**
   * Ends a period. A single pause of the process does not count.
   *
   * @returns The delay that the event loop has reached in this period and in the one before, in milliseconds.
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
