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

/** Whether media flows: such a session is not idle. */
export function isActive(state: SessionState): boolean {
  return state === 'Playing' || state === 'Recording'
}

/**
 * Why a session left its pool.
 *
 * - `teardown`: its client asked for it
 * - `timeout`: nothing was heard of it for its timeout and grace
 * - `idleSetup`: it was set up, but did not play or record in time
 * - `lifetime`: it was here as long as a session may be
 * - `authorizationExpired`: what let it in has run out
 * - `connectionClosed`: the connection that carried its media is gone
 * - `slowReader`: it did not take its media fast enough
 * - `unreachable`: nobody listens any more where its media are sent
 * - `silent`: it published over UDP, its connection had closed, and nothing was heard of it for `publisherTimeout`
 * - `mediaEnded`: what it played has ended
 * - `mediaFailed`: the source of what it was to play did not start, or failed when it was told to seek or go on
 * - `replaced`: its client, or another publisher of its path, has set up another one in its place
 * - `kicked`: an operator removed it
 * - `evicted`: it had been silent for longest, and made room for another
 * - `filtered`: the function given to `filter` said so
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
  'unreachable',
  'silent',
  'mediaEnded',
  'mediaFailed',
  'replaced',
  'kicked',
  'evicted',
  'filtered',
  'poolClosed',
  'removed',
] as const)

const knownReasons: ReadonlySet<unknown> = new Set(removalReasons)

/** @throws {TypeError} when there is no such reason. */
export function checkRemovalReason(reason: unknown): asserts reason is RemovalReason {
  if (knownReasons.has(reason)) return
  throw new TypeError(
    `a removal reason must be one of ${removalReasons.join(', ')}, got ${shown(reason)}`,
  )
}

/** Answers of the function given to `filter`; the constants of {@link FilterResult} are the same. */
export type FilterAnswer = 'remove' | 'keep' | 'ref'

/**
 * What becomes of an element that `filter` shows.
 *
 * @see GstRTSPFilterResult
 */
export const FilterResult = Object.freeze({
  /** It is removed. */
  REMOVE: 'remove',
  /** It stays. */
  KEEP: 'keep',
  /** It stays, and is listed in the result. */
  REF: 'ref',
} as const satisfies Record<string, FilterAnswer>)

/** @throws {TypeError} when it is not an answer, a promise for instance. */
export function assertFilterAnswer(answer: unknown): asserts answer is FilterAnswer {
  if (answer === 'keep' || answer === 'remove' || answer === 'ref') return
  disown('function of filter', answer)
  throw new TypeError(
    isThenable(answer)
      ? 'The function given to filter must not be async'
      : `The function given to filter must answer 'keep', 'remove' or 'ref', got ${shown(answer)}`,
  )
}
