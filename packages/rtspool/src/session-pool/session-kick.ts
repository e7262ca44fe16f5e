import { checkBoolean, checkOptions, isRecord, kindOf, shapeOf, shown } from '../option-checks.js'
import type { Session } from './session.js'
import type { SessionData } from './session-data.js'
import { type SessionState, sessionStates } from './session-state.js'

/**
 * Properties that select sessions for {@link SessionPool.kick}. A session must have all that are
 * given; at least one must be given.
 */
export interface SessionKickQuery {
  readonly publicId?: string | undefined
  readonly user?: string | undefined
  /** Address of the owner; an IPv6 address means its whole /64 network. */
  readonly address?: string | undefined
  readonly path?: string | undefined
  readonly state?: SessionState | undefined
}

/**
 * Selects the sessions to kick: by properties, or by a synchronous function that returns `true` for
 * each.
 */
export type SessionKickFilter<Data extends object = SessionData> =
  | SessionKickQuery
  | ((session: Session<Data>) => boolean)

export interface SessionKickOptions {
  /** `true` removes no session, and returns those that a kick would remove. @defaultValue false */
  readonly dryRun?: boolean | undefined
}

const names = [
  'publicId',
  'user',
  'address',
  'path',
  'state',
] as const satisfies readonly (keyof SessionKickQuery)[]

/**
 * Checks the properties that select sessions. A mistake in them must not kick everybody.
 *
 * @throws {TypeError} when no property is given, or one is unknown or of the wrong type.
 */
export function checkKickQuery(query: SessionKickQuery): SessionKickQuery {
  if (!isRecord(query)) {
    throw new TypeError(`kick: expected a filter or a function, got ${kindOf(query)}`)
  }
  checkOptions('kick', query, names)
  const given = names.filter((name) => query[name] !== undefined)
  if (given.length === 0) {
    const expected = `at least one of ${names.join(', ')}`
    throw new TypeError(
      `kick: expected ${expected}, or () => true to kick everybody, got ${shown(query)}`,
    )
  }
  for (const name of given) {
    if (typeof query[name] === 'string') continue
    throw new TypeError(`kick: ${name} must be a string, got ${shown(query[name])}`)
  }
  const state: unknown = query.state
  if (state !== undefined && !sessionStates.some((each) => each === state)) {
    throw new TypeError(
      `kick: state must be one of ${sessionStates.join(', ')}, got ${shown(state)}`,
    )
  }
  return query
}

export function isDryRun(options: SessionKickOptions): boolean {
  checkOptions('kick', options, ['dryRun'])
  return checkBoolean('dryRun', options.dryRun ?? false)
}

/**
 * Checks the result of the function that selects sessions.
 *
 * @throws {TypeError} for anything but a boolean. A promise, for example, would count as true for
 *   every session.
 */
export function checkKickAnswer(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError(`the function of kick must return a boolean, got ${shapeOf(answer)}`)
}
