import type { EventCount } from '../cluster-store.js'
import { endedBatch } from '../store-options.js'

interface Counter {
  count: number
  /** Time at which the period of the counter ends, in milliseconds of `LedgerTime`. */
  readonly endsAt: number
}

/** Counts events of all nodes by key, each within a period that starts with its first event. */
export class EventCounters {
  readonly #maxCounters: number
  readonly #counters = new Map<string, Counter>()

  constructor(maxCounters: number) {
    this.#maxCounters = maxCounters
  }

  /** Adds events to the counter with their key. @param now - Milliseconds of `LedgerTime` */
  add({ key, count, windowMs }: EventCount, now: number): void {
    const counter = this.#counters.get(key)
    if (counter !== undefined && counter.endsAt > now) counter.count += count
    else this.#counters.set(key, { count, endsAt: now + windowMs })
    if (this.#counters.size > this.#maxCounters) this.#drop(this.#byEnd().slice(0, 1))
  }

  /**
   * Returns the number of events of a key in its running period; 0 if the period is over. @param now - Milliseconds
   * of `LedgerTime`
   */
  total(key: string, now: number): number {
    const counter = this.#counters.get(key)
    return counter !== undefined && counter.endsAt > now ? counter.count : 0
  }

  /** Removes some counters whose period is over, to free their memory. @param now - Milliseconds of `LedgerTime` */
  dropEnded(now: number): void {
    const ended = this.#byEnd().filter(([, { endsAt }]) => endsAt <= now)
    this.#drop(ended.slice(0, endedBatch))
  }

  #byEnd(): [string, Counter][] {
    return [...this.#counters].sort(
      ([a, { endsAt: first }], [b, { endsAt: second }]) => first - second || (a < b ? -1 : 1),
    )
  }

  #drop(counters: readonly [string, Counter][]): void {
    for (const [key] of counters) this.#counters.delete(key)
  }
}
