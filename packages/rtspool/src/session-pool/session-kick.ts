import { addressDigits, withoutZone } from '../host-of.js'
import { checkBoolean, checkOptions, isRecord, kindOf, shapeOf, shown } from '../option-checks.js'
import { type BanSubject, type BanTerms, checkKickBan, checkNote } from './bans/ban.js'
import { checkFilter, filterNames, type SessionFilter } from './listing/session-filter.js'
import type { Session } from './session.js'
import type { SessionData } from './session-data.js'

/**
 * Properties that select the sessions to remove by {@link SessionPool.kick}. A session must have
 * all that are given. At least one must exclude some sessions, unlike an empty text or a minimum
 * age of 0.
 */
export interface SessionKickQuery extends SessionFilter {
  readonly publicId?: string | undefined
}

/**
 * Selection of the sessions to remove: properties, or a synchronous function that returns `true`
 * for each.
 */
export type SessionKickFilter<Data extends object = SessionData> =
  | SessionKickQuery
  | ((session: Session<Data>) => boolean)

export interface SessionKickOptions {
  /** `true` removes no session, and returns those that a kick would remove. @defaultValue false */
  readonly dryRun?: boolean | undefined
  /**
   * Free text of at most 256 characters, for {@link Session.removalNote}, and for the bans if `ban`
   * has no reason of its own.
   * @defaultValue none
   */
  readonly reason?: string | undefined
  /** Bans the owners of the sessions. @defaultValue nobody is banned */
  readonly ban?: BanTerms | undefined
}

const names = ['publicId', ...filterNames] as const

/**
 * Checks the properties that select sessions. A mistake in them must not remove all sessions.
 *
 * @throws {TypeError} when no property is given, or one is unknown or of the wrong type.
 */
export function checkKickQuery(query: SessionKickQuery): SessionKickQuery {
  if (!isRecord(query)) {
    throw new TypeError(`kick: expected a filter or a function, got ${kindOf(query)}`)
  }
  checkOptions('kick', query, names)
  if (!names.some((name) => selects(name, query[name]))) {
    const expected = `at least one of ${names.join(', ')}`
    throw new TypeError(
      `kick: expected ${expected}, or () => true to kick everybody, got ${shown(query)}`,
    )
  }
  const { publicId } = query
  if (publicId !== undefined && typeof publicId !== 'string') {
    throw new TypeError(`kick: publicId must be a string, got ${shown(publicId)}`)
  }
  checkFilter('kick: ', query)
  return query
}

/**
 * Returns whether a property of a kick excludes any session. An empty text does not, because every text contains it.
 */
function selects(name: (typeof names)[number], value: unknown): boolean {
  if (name === 'minAge') return value !== undefined && value !== 0
  if (name === 'like' || name === 'userAgent') return value !== undefined && value !== ''
  return value !== undefined
}

/**
 * Checks the options of {@link SessionPool.kick}.
 *
 * @throws {RangeError | TypeError} when an option is unknown or invalid.
 */
export function checkKickOptions(options: SessionKickOptions): SessionKickOptions {
  checkOptions('kick', options, ['dryRun', 'reason', 'ban'])
  const { dryRun, reason, ban } = options
  if (dryRun !== undefined) checkBoolean('dryRun', dryRun)
  checkNote('kick: reason', reason)
  if (ban !== undefined) checkKickBan(ban)
  return options
}

/**
 * Returns the clients to ban with these sessions: the user of each, or the address if it has no
 * user. A session without owner, or whose address is not numeric, adds no ban.
 */
export function bannedOwners(sessions: readonly Session[]): BanSubject[] {
  const users = new Set<string>()
  const addresses = new Set<string>()
  for (const { owner } of sessions) {
    if (owner?.user !== undefined && owner.user !== '') users.add(owner.user)
    else if (owner !== undefined && addressDigits(owner.address)) {
      addresses.add(withoutZone(owner.address))
    }
  }
  return [
    ...Array.from(users, (user) => ({ user })),
    ...Array.from(addresses, (address) => ({ address })),
  ]
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
