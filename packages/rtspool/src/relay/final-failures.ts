import type { Clock } from '../clock.js'
import type { RelayFailure } from './failure.js'
import type { ResolvedRelaySource } from './relay-options.js'

/**
 * Remembers which sources of a relay have failed finally, so that the relay does not try them again too early: cameras
 * lock accounts after some wrong passwords.
 */
export class FinalFailures {
  readonly #clock: Clock
  /** Last final failure of each source, with its time in milliseconds of the monotonic clock. */
  readonly #failures = new Map<ResolvedRelaySource, RelayFailure & { readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes the end of an attempt to connect, or of a connection. An end that is not final erases an earlier one. */
  note(source: ResolvedRelaySource, failure: RelayFailure): void {
    if (failure.isFinal) this.#failures.set(source, { ...failure, at: this.#clock.now() })
    else this.#failures.delete(source)
  }

  /** Erases the failure of a source whose packets arrive. */
  forget(source: ResolvedRelaySource): void {
    this.#failures.delete(source)
  }

  clear(): void {
    this.#failures.clear()
  }

  /**
   * Returns the milliseconds until a source is worth another attempt; 0 = now, Infinity = never.
   *
   * @param retryMs - Milliseconds from a final failure to the next attempt; 0 = there is none.
   */
  waitMsOf(source: ResolvedRelaySource, retryMs: number): number {
    const failure = this.#failures.get(source)
    if (!failure) return 0
    if (retryMs === 0) return Number.POSITIVE_INFINITY
    return Math.max(0, failure.at + retryMs - this.#clock.now())
  }

  /** Returns whether a source has refused the credentials less than `retryMs` ago; 0 = however long ago. */
  isLocked(source: ResolvedRelaySource, retryMs: number): boolean {
    const isRefused = this.#failures.get(source)?.reason === 'unauthorized'
    return isRefused && this.waitMsOf(source, retryMs) > 0
  }
}
