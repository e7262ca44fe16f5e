import {
  checkTimeout,
  defaultExtraTimeout,
  defaultTimeout,
  msPerSecond,
  type SessionInit,
} from './session-init.js'

/**
 * How long a session may be silent, and what it says about that. Never changes: sessions that begin alike,
 * which is nearly all of a pool, share one, and a session that is told otherwise gets another.
 */
export class SessionTerms {
  /** Seconds; 0 = never. */
  readonly timeout: number
  /** Seconds. */
  readonly extraTimeout: number
  readonly timeoutAlwaysVisible: boolean
  /** Milliseconds after its last sign of life until a session is due; `Infinity` = never. */
  readonly graceMs: number

  /** @throws {RangeError} when a duration makes no sense. */
  constructor(timeout: number, extraTimeout: number, timeoutAlwaysVisible: boolean) {
    this.timeout = checkTimeout('timeout', timeout)
    this.extraTimeout = checkTimeout('extraTimeout', extraTimeout)
    this.timeoutAlwaysVisible = timeoutAlwaysVisible
    this.graceMs = timeout > 0 ? (timeout + extraTimeout) * msPerSecond : Number.POSITIVE_INFINITY
  }
}

let latest = new SessionTerms(defaultTimeout, defaultExtraTimeout, false)

/**
 * The terms of a session that begins so; the same ones as for the session before, if it began alike.
 *
 * @throws {RangeError} when a duration makes no sense.
 */
export function termsOf(init: SessionInit): SessionTerms {
  const timeout = init.timeout ?? defaultTimeout
  const extraTimeout = init.extraTimeout ?? defaultExtraTimeout
  const isVisible = init.timeoutAlwaysVisible ?? false
  const isLatest =
    timeout === latest.timeout &&
    extraTimeout === latest.extraTimeout &&
    isVisible === latest.timeoutAlwaysVisible
  if (!isLatest) latest = new SessionTerms(timeout, extraTimeout, isVisible)
  return latest
}
