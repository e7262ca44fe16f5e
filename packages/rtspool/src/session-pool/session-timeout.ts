import {
  checkTimeout,
  defaultExtraTimeout,
  defaultTimeout,
  msPerSecond,
  type SessionInit,
} from './session-init.js'

/**
 * Timeout and grace period of a session, and whether the `Session` header announces a timeout of
 * 60. Immutable: sessions with equal values, which are nearly all sessions of a pool, share one
 * object.
 */
export class SessionTimeout {
  /** Seconds without a sign of life after which the session expires; 0 = never. */
  readonly timeout: number
  /** Additional seconds after `timeout` before the session expires, not announced to the client. */
  readonly extraTimeout: number
  readonly timeoutAlwaysVisible: boolean
  /**
   * Milliseconds from the last sign of life until a session is due to expire; `Infinity` = never.
   */
  readonly graceMs: number

  /**
   * Checks and stores the timeout and the grace period of a session, both in seconds.
   *
   * @throws {RangeError} when a duration is invalid.
   */
  constructor(timeout: number, extraTimeout: number, timeoutAlwaysVisible: boolean) {
    this.timeout = checkTimeout('timeout', timeout)
    this.extraTimeout = checkTimeout('extraTimeout', extraTimeout)
    this.timeoutAlwaysVisible = timeoutAlwaysVisible
    this.graceMs = timeout > 0 ? (timeout + extraTimeout) * msPerSecond : Number.POSITIVE_INFINITY
  }
}

let latest = new SessionTimeout(defaultTimeout, defaultExtraTimeout, false)

/**
 * Returns timeout and grace period for a new session. Reuses the object of the session created before if the values
 * are equal.
 *
 * @throws {RangeError} when a duration is invalid.
 */
export function timeoutOf(init: SessionInit): SessionTimeout {
  const timeout = init.timeout ?? defaultTimeout
  const extraTimeout = init.extraTimeout ?? defaultExtraTimeout
  const isVisible = init.timeoutAlwaysVisible ?? false
  const isLatest =
    timeout === latest.timeout &&
    extraTimeout === latest.extraTimeout &&
    isVisible === latest.timeoutAlwaysVisible
  if (!isLatest) latest = new SessionTimeout(timeout, extraTimeout, isVisible)
  return latest
}
