import { backoffMs } from '../backoff.js'
import type { ResolvedRelayOptions } from './relay-options.js'

/** Maximum share of a delay between two attempts to connect that is subtracted at random; see {@link backoffMs}. */
const jitter = 0.5
/** Minimum milliseconds from one attempt to connect to the next, if a new viewer starts the next one early. */
export const viewerRetryMs = 5000

/** Counts the attempts to connect since packets last arrived, and computes the delays between them. */
export class ConnectAttempts {
  readonly #random: () => number
  /** Number of attempts to connect since packets last arrived. */
  count = 0
  /** Start of the last attempt to connect, in milliseconds of the relay's clock; `-Infinity` before the first. */
  lastAt = Number.NEGATIVE_INFINITY

  constructor(random: () => number) {
    this.#random = random
  }

  note(now: number): void {
    this.count++
    this.lastAt = now
  }

  /** Sets the count to 0, because packets arrive, or nobody needs the attempt any more. */
  succeed(): void {
    this.count = 0
  }

  /**
   * Returns the delay before the next attempt in milliseconds: `firstDelayMs`, doubled for each further attempt, at
   * most `maxDelayMs`. Subtracts a random part of up to a half, so that many relays do not return at once.
   */
  delayMs({ firstDelayMs, maxDelayMs }: ResolvedRelayOptions): number {
    const backoff = { firstMs: firstDelayMs, maxMs: maxDelayMs, jitter }
    return backoffMs(backoff, this.count, this.#random())
  }
}
