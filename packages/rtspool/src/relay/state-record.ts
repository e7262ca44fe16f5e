import type { Clock } from '../clock.js'
import type { RelayReason, RelayState } from './relay-status.js'

/** State of a relay, its reason, and its times: the fields of `RelayStatus` with these names. */
export class StateRecord {
  state: RelayState = 'idle'
  since: Date
  until: Date | undefined
  reason: RelayReason | undefined
  readonly #clock: Clock
  readonly #changed: (previous: RelayState) => void

  /**
   * Creates the record with the state `idle`.
   *
   * @param changed - Called with the previous state after each change of `state`.
   */
  constructor(clock: Clock, changed: (previous: RelayState) => void) {
    this.#clock = clock
    this.#changed = changed
    this.since = new Date(clock.unixTimeMs())
  }

  /**
   * Sets state, reason and `until`. Sets `since` only if the state changes.
   *
   * @param waitMs - Milliseconds until the next attempt to connect; Infinity = there is none.
   */
  enter(state: RelayState, reason?: RelayReason, waitMs = Number.POSITIVE_INFINITY): void {
    const now = this.#clock.unixTimeMs()
    const previous = this.state
    this.reason = reason
    this.until = waitMs < Number.POSITIVE_INFINITY ? new Date(now + waitMs) : undefined
    if (state === previous) return
    this.state = state
    this.since = new Date(now)
    this.#changed(previous)
  }
}
