import { disown, isThenable } from '../listeners.js'
import { shown } from '../option-checks.js'

/** State of a session or of a media in it. @see RFC 2326 appendix A */
export type SessionState = 'Init' | 'Ready' | 'Playing' | 'Recording'

export const sessionStates = Object.freeze([
  'Init',
  'Ready',
  'Playing',
  'Recording',
] as const satisfies readonly SessionState[])

/**
 * Returns whether media flow in this state (Playing or Recording), so that the session is not idle.
 */
export function isActive(state: SessionState): boolean {
  return state === 'Playing' || state === 'Recording'
}

/**
 * Reason why a session left its pool.
 *
 * - `teardown`: its client sent TEARDOWN
 * - `timeout`: no sign of life during its timeout and grace
 * - `idleSetup`: it was set up, but did not play or record in time
 * - `lifetime`: it reached its maximum lifetime
 * - `authorizationExpired`: the authorization of its client expired
 * - `connectionClosed`: the connection that carried its media closed
 * - `slowReader`: it read its media too slowly
 * - `sendThreadFailed`: the thread that sent its media failed
 * - `unreachable`: the ports to which its media was sent are closed
 * - `silent`: it published over UDP, its connection closed, and it was silent for
 *   `publisherTimeout`
 * - `mediaEnded`: the media that it played has ended
 * - `mediaFailed`: the source of its media failed to start, seek or resume
 * - `sourceChanged`: the source of its media was away, and has returned with other codecs
 * - `replaced`: its client, or another publisher of its path, has set up a new session instead
 * - `kicked`: an operator removed it
 * - `evicted`: it had been silent for longest and made room for a new session
 * - `overload`: the server was overloaded, and the session was one of those with the most unsent
 *   bytes
 * - `drained`: all sessions ended one after the other before the server was closed
 * - `fenced`: its server has lost its lease in a cluster, whose other servers may use its place
 * - `filtered`: the function given to `filter` returned `'remove'`
 * - `poolClosed`: the pool was closed
 * - `removed`: `remove` was called without another reason
 */
export type RemovalReason = (typeof removalReasons)[number]

export const removalReasons = Object.freeze([
  'teardown',
  'timeout',
  'idleSetup',
  'lifetime',
  'authorizationExpired',
  'connectionClosed',
  'slowReader',
  'sendThreadFailed',
  'unreachable',
  'silent',
  'mediaEnded',
  'mediaFailed',
  'sourceChanged',
  'replaced',
  'kicked',
  'evicted',
  'overload',
  'drained',
  'fenced',
  'filtered',
  'poolClosed',
  'removed',
] as const)

const knownReasons: ReadonlySet<unknown> = new Set(removalReasons)

/**
 * Checks a reason for removal.
 *
 * @throws {TypeError} when `reason` is unknown.
 */
export function checkRemovalReason(reason: unknown): asserts reason is RemovalReason {
  if (knownReasons.has(reason)) return
  throw new TypeError(
    `a removal reason must be one of ${removalReasons.join(', ')}, got ${shown(reason)}`,
  )
}

/**
 * Result, for one session or media, of the function given to `filter`; the constants of {@link FilterResult} are the
 * same.
 */
export type FilterAnswer = 'remove' | 'keep' | 'ref'

/**
 * Named results of the function given to `filter` of a session pool or a session.
 *
 * @see GstRTSPFilterResult
 */
export const FilterResult = Object.freeze({
  /** Removes the session or media. */
  REMOVE: 'remove',
  /** Keeps the session or media, and leaves it out of the result of the filter. */
  KEEP: 'keep',
  /** Keeps the session or media, and includes it in the result of the filter. */
  REF: 'ref',
} as const satisfies Record<string, FilterAnswer>)

/**
 * Checks the result of the function that the application has given to `filter` of a session pool or a session.
 *
 * @throws {TypeError} when the result is no {@link FilterAnswer}, but a promise for instance.
 */
export function assertFilterAnswer(answer: unknown): asserts answer is FilterAnswer {
  if (answer === 'keep' || answer === 'remove' || answer === 'ref') return
  disown('function of filter', answer)
  throw new TypeError(
    isThenable(answer)
      ? 'The function given to filter must not be async'
      : `The function given to filter must return 'keep', 'remove' or 'ref', got ${shown(answer)}`,
  )
}
