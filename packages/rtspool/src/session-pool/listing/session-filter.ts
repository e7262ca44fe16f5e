import { isSameHost } from '../../host-of.js'
import { checkOptions, checkSeconds, shown } from '../../option-checks.js'
import { checkGroups, type SessionGroups } from '../session-groups.js'
import { msPerSecond } from '../session-init.js'
import type { SessionOwner } from '../session-owner.js'
import { type SessionState, sessionStates } from '../session-state.js'

/** Properties that select sessions to list or kick. A session must have all that are given. */
export interface SessionFilter {
  readonly path?: string | undefined
  readonly user?: string | undefined
  /** Address of the session's owner; an IPv6 address means its whole /64 network. */
  readonly address?: string | undefined
  readonly state?: SessionState | undefined
  /** Groups to which the session must belong, each with this value: `{ plan: 'free' }`. */
  readonly group?: SessionGroups | undefined
  /** Text that the `User-Agent` must contain, in upper or lower case; at most 1024 characters. */
  readonly userAgent?: string | undefined
  /** Minimum age in seconds; for a removed session, the age at its removal. */
  readonly minAge?: number | undefined
  /** Maximum age in seconds, like {@link minAge}. */
  readonly maxAge?: number | undefined
  /**
   * Text that the user, address, `User-Agent`, a path or the public id must contain, in upper or
   * lower case; at most 1024 characters. The public id is compared only if a log or an API has read
   * it before.
   */
  readonly like?: string | undefined
}

/** Properties of a session, or of the record of a removed one, that a filter compares. */
export interface Listed {
  readonly owner: Pick<SessionOwner, 'address' | 'user'> | undefined
  readonly state: SessionState
  readonly paths: readonly string[]
  readonly groups: SessionGroups | undefined
  readonly use: { readonly userAgent: string | undefined } | undefined
}

export const filterNames = [
  ...(['path', 'user', 'address', 'state', 'group', 'userAgent'] as const),
  ...(['minAge', 'maxAge', 'like'] as const),
] as const satisfies readonly (keyof SessionFilter)[]

const texts = ['path', 'user', 'address', 'userAgent', 'like'] as const
const ages = ['minAge', 'maxAge'] as const
/**
 * Members that {@link matcherOf} searches for within properties. Their length is limited to
 * `maxPartLength`.
 */
const parts = ['userAgent', 'like'] as const
const maxPartLength = 1024

/**
 * Checks the properties of a filter. A mistake in them would otherwise select all sessions or none.
 *
 * @param prefix - Beginning of error messages, such as `kick: `.
 * @throws {RangeError | TypeError} when a member is of the wrong type.
 */
export function checkFilter(prefix: string, filter: SessionFilter): void {
  for (const name of texts) {
    const value: unknown = filter[name]
    if (value === undefined || typeof value === 'string') continue
    throw new TypeError(`${prefix}${name} must be a string, got ${shown(value)}`)
  }
  for (const name of parts) {
    const length = filter[name]?.length ?? 0
    if (length <= maxPartLength) continue
    const expected = `at most ${maxPartLength} characters`
    throw new RangeError(`${prefix}${name} must have ${expected}, got ${length}`)
  }
  for (const name of ages) {
    if (filter[name] !== undefined) checkSeconds(`${prefix}${name}`, filter[name])
  }
  if (filter.group !== undefined) {
    checkGroups(filter.group)
    if (Object.keys(filter.group).length === 0) {
      throw new TypeError(`${prefix}group must name at least one group, got {}`)
    }
  }
  const state: unknown = filter.state
  if (state === undefined || sessionStates.some((each) => each === state)) return
  const expected = sessionStates.join(', ')
  throw new TypeError(`${prefix}state must be one of ${expected}, got ${shown(state)}`)
}

/**
 * Checks a query that contains a filter and further members.
 *
 * @param name - Name of the function, for messages.
 * @param more - Names of the members that the query may have besides those of the filter.
 * @throws {RangeError | TypeError} when one of its members is invalid or unknown.
 */
export function checkQuery(name: string, query: SessionFilter, more: readonly string[]): void {
  checkOptions(name, query, [...filterNames, ...more])
  checkFilter('', query)
}

/**
 * Creates a function that returns whether an item has all properties of a filter.
 *
 * @param publicIdOf - Returns the public id of an item, if a log or an API has read it before.
 */
export function matcherOf<T extends Listed>(
  { path, user, address, state, group, userAgent, minAge = 0, maxAge, like }: SessionFilter,
  publicIdOf: (item: T) => string | undefined,
): (item: T, ageMs: number) => boolean {
  const agent = userAgent === undefined ? undefined : patternOf(userAgent)
  const text = like === undefined ? undefined : patternOf(like)
  const groups = group && Object.entries(group)
  const minAgeMs = minAge * msPerSecond
  const maxAgeMs = (maxAge ?? Number.POSITIVE_INFINITY) * msPerSecond
  return (item, ageMs) => {
    if (state !== undefined && item.state !== state) return false
    const { owner } = item
    if (user !== undefined && owner?.user !== user) return false
    if (address !== undefined && !(owner && isSameHost(owner.address, address))) return false
    if (ageMs < minAgeMs || ageMs > maxAgeMs) return false
    if (groups && !groups.every(([name, value]) => item.groups?.[name] === value)) return false
    if (path !== undefined && !item.paths.includes(path)) return false
    if (agent !== undefined && !agent.test(item.use?.userAgent ?? '')) return false
    return text === undefined || isLike(item, text) || text.test(publicIdOf(item) ?? '')
  }
}

function isLike({ owner, use, paths }: Listed, text: RegExp): boolean {
  return (
    text.test(owner?.user ?? '') ||
    text.test(owner?.address ?? '') ||
    text.test(use?.userAgent ?? '') ||
    paths.some((path) => text.test(path))
  )
}

/**
 * Creates a pattern that matches a text in upper or lower case. A pattern costs half as much as a copy of each
 * property in lower case; see `bench/session-pool/list.mjs`.
 */
const patternOf = (text: string): RegExp =>
  new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'iu')
