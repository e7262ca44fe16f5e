import type { ResolvedRelayOptions } from './relay-options.js'

/** Doubling more often than this changes no delay below its maximum. */
const maxDoublings = 16
/** Milliseconds between two attempts that new viewers bring forward. */
export const viewerRetryMs = 5000

/** Attempts to connect since packets last arrived, and the delays between them. */
export class Attempts {
  readonly #random: () => number
  /** Number of attempts since packets last arrived. */
  count = 0
  /** Begin of the last attempt in milliseconds of the relay's clock; -Infinity before the first. */
  lastAt = Number.NEGATIVE_INFINITY

  constructor(random: () => number) {
    this.#random = random
  }

  note(now: number): void {
    this.count++
    this.lastAt = now
  }

  /** Notes that packets arrive, or that nobody needs the attempt any more. */
  succeed(): void {
    this.count = 0
  }

  /**
   * Returns the delay before the next attempt in milliseconds: twice as long each time, less a random part of up to a
   * half, so that many relays do not return at once.
   */
  delayMs({ firstDelayMs, maxDelayMs }: ResolvedRelayOptions): number {
    const doublings = Math.min(Math.max(0, this.count - 1), maxDoublings)
    const delayMs = Math.min(firstDelayMs * 2 ** doublings, maxDelayMs)
    return delayMs * (1 - 0.5 * this.#random())
  }
}
