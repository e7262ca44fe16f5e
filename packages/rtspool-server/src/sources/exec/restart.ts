import { type Backoff, backoffMs, type Clock } from 'rtspool'

/**
 * Milliseconds of media after which a run of a program counts as good, so that its next failure counts as the first.
 */
const wellMs = 10_000
/** Delays from a failure of a program to its next start, which grow with the number of failures in a row. */
const restarts: Backoff = { firstMs: 1_000, maxMs: 30_000, jitter: 0.25 }

/** Counts the runs of a program since a good one, and decides the time of its next start. */
export class Restarts {
  readonly #clock: Clock
  readonly #random: () => number
  /** Number of runs since a good one, the present run included. */
  attempts = 0
  /** Earliest time of the next start of the program, in milliseconds of the monotonic clock. */
  #notBefore = Number.NEGATIVE_INFINITY

  /** Begins without any run. @param random - Returns a random number from 0 to 1, for the jitter of the delay. */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** Milliseconds until the program may start again; 0 or less = at once. */
  get waitMs(): number {
    return this.#notBefore - this.#clock.now()
  }

  /** Counts a run that failed. @param mediaMs - Milliseconds of media that it wrote. */
  noteFailure(mediaMs: number): void {
    if (mediaMs >= wellMs) this.attempts = 1
  }

  /** Sets the time of the next start after a failure. @returns Milliseconds until then. */
  delay(): number {
    const delayMs = backoffMs(restarts, this.attempts, this.#random())
    this.#notBefore = this.#clock.now() + delayMs
    return delayMs
  }
}
