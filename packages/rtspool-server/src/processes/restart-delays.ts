import { type Backoff, backoffMs } from 'rtspool'

const restarts: Backoff = { firstMs: 200, maxMs: 30_000, jitter: 0.25 }
/** Milliseconds of service after which the next end of a process counts as the first. */
const wellMs = 60_000

/** Delays from the end of a process to its next start, which grow with the number of short lives in a row. */
export class RestartDelays {
  readonly #random: () => number
  /** Numbers of short lives in a row, by number of the process. */
  readonly #failures = new Map<number, number>()

  /** @param random - Returns a number from 0 to 1, by which delays differ. */
  constructor(random: () => number) {
    this.#random = random
  }

  /**
   * Returns the milliseconds until a process that has ended is started again.
   *
   * @param number - Number of the process.
   * @param servedMs - Milliseconds for which the process was ready; 0 = it never was.
   */
  next(number: number, servedMs: number): number {
    const failures = servedMs >= wellMs ? 1 : (this.#failures.get(number) ?? 0) + 1
    this.#failures.set(number, failures)
    return Math.round(backoffMs(restarts, failures, this.#random()))
  }
}
