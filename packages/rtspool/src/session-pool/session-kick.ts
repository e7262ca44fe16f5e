import { checkBoolean, checkOptions, isRecord, kindOf, shapeOf, shown } from '../option-checks.js'
import type { Session } from './session.js'
import { type SessionState, sessionStates } from './session-state.js'

/** Properties of the sessions that {@link SessionPool.kick} removes: at least one; a session must have all that are given. */
export interface SessionKickQuery {
  readonly publicId?: string | undefined
  readonly user?: string | undefined
  /** Address of the owner; of IPv6, the whole network of 64 bits. */
  readonly address?: string | undefined
  readonly path?: string | undefined
  readonly state?: SessionState | undefined
}

/** Chooses the sessions to kick: by properties, or by a synchronous function that returns `true` for each. */
export type SessionKickFilter = SessionKickQuery | ((session: Session) => boolean)

export interface SessionKickOptions {
  /** `true` = removes nobody, and returns the sessions that a kick would remove. @defaultValue false */
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
 * @throws {TypeError} when no property is given, or one is unknown or of the wrong type: a mistake must not kick everybody.
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

/** @throws {TypeError} for anything but a boolean: a promise would be true for everybody. */
export function checkKickAnswer(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError(`the function of kick must return a boolean, got ${shapeOf(answer)}`)
}
