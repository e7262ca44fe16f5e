import { isRecord, kindOf, shown } from '../option-checks.js'

/** Named groups of a session, each with one value, such as `{ plan: 'free', tenant: 'acme' }`. */
export type SessionGroups = Readonly<Record<string, string>>

/** Maximum numbers of sessions by group and value; 0 = unlimited. */
export type GroupLimits = Readonly<Record<string, Readonly<Record<string, number>>>>

/**
 * Empty limits, shared by all pools without group limits: {@link fullGroupOf} recognizes the object
 * and searches no limit.
 */
export const noGroupLimits: GroupLimits = Object.freeze({})

const maxGroups = 8
const maxValueLength = 256
const namePattern = /^[A-Za-z][\w-]{0,63}$/

/** Checks the groups of a session. @throws {TypeError} names the mistake, but never a value */
export function checkGroups(groups: unknown): void {
  if (!isRecord(groups)) {
    throw new TypeError(`groups must be an object such as { plan: 'free' }, got ${kindOf(groups)}`)
  }
  const entries = Object.entries(groups)
  if (entries.length > maxGroups) {
    throw new TypeError(`groups must be at most ${maxGroups}, got ${entries.length}`)
  }
  for (const [name, value] of entries) {
    checkGroupName('groups', name)
    if (typeof value === 'string' && value !== '' && value.length <= maxValueLength) continue
    const got = typeof value === 'string' ? `${value.length} characters` : kindOf(value)
    throw new TypeError(`groups.${name} must be a text of 1 to ${maxValueLength}, got ${got}`)
  }
}

/**
 * Checks the name of a group.
 *
 * @param place - Option that contains the name, for the message.
 * @throws {TypeError} unless the name has 1 to 64 letters, digits, `_` or `-`, and begins with a
 * letter.
 */
export function checkGroupName(place: string, name: string): void {
  if (namePattern.test(name)) return
  const expected = 'begin with a letter, and have at most 64 letters, digits, _ and -'
  throw new TypeError(`a name in ${place} must ${expected}, got ${shown(name)}`)
}

/** A group whose limit is reached, and the limit. */
export interface FullGroup {
  readonly name: string
  readonly value: string
  readonly max: number
}

/**
 * Returns the first group of a new session whose limit is reached; `undefined` = none.
 *
 * @param counts - Number of sessions in each group of the new session, by name of the group.
 */
export function fullGroupOf(
  limits: GroupLimits,
  groups: SessionGroups | undefined,
  counts: Readonly<Record<string, number>> | undefined,
): FullGroup | undefined {
  if (limits === noGroupLimits || groups === undefined || counts === undefined) return undefined
  for (const [name, value] of Object.entries(groups)) {
    const ofName = Object.hasOwn(limits, name) ? limits[name] : undefined
    const max = ofName !== undefined && Object.hasOwn(ofName, value) ? (ofName[value] ?? 0) : 0
    if (max > 0 && (counts[name] ?? 0) >= max) return { name, value, max }
  }
  return undefined
}

/**
 * Returns the keys of a session in the pool's index of groups: `name=value` for each group. The name of a group has
 * no `=`.
 */
export const groupKeys = (groups: SessionGroups): string[] =>
  Object.entries(groups).map(([name, value]) => `${name}=${value}`)
