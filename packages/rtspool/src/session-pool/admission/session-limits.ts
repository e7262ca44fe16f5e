import { isRecord, shown } from '../../option-checks.js'
import { checkGroupName, type GroupLimits, noGroupLimits } from '../session-groups.js'
import { checkCount, checkDuration } from '../session-init.js'

/** Limits on the number and lifetime of sessions; 0 = unlimited. */
export interface SessionLimits {
  /** Maximum number of sessions in the pool at a time. */
  readonly maxSessions: number
  /** Maximum number of sessions of one address at a time. */
  readonly maxSessionsPerAddress: number
  /** Maximum number of sessions of one authenticated user at a time. */
  readonly maxSessionsPerUser: number
  /** Maximum number of sessions that hold one path at a time. */
  readonly maxSessionsPerPath: number
  /** Maximum numbers of sessions at a time by group and value; see {@link SessionInit.groups}. */
  readonly maxSessionsPerGroup: GroupLimits
  /** Seconds within which a new session must play or record for the first time. */
  readonly maxIdleSetup: number
  /** Maximum lifetime of a new session, in seconds. */
  readonly maxLifetime: number
}

/** Limits of a pool to change; all optional. Limits that are left out stay. */
export type LimitOptions = { readonly [K in keyof SessionLimits]?: SessionLimits[K] | undefined }

/**
 * Checks new limits of a pool, and adds the present ones for those that are left out.
 *
 * @param before - Present limits.
 * @throws {RangeError} when a limit is not a number within its range.
 */
export function resolveLimits(options: LimitOptions, before: SessionLimits): SessionLimits {
  const given = (name: Exclude<keyof SessionLimits, 'maxSessionsPerGroup'>) =>
    options[name] === undefined ? before[name] : options[name]
  const { maxSessionsPerGroup: groups } = options
  return Object.freeze({
    maxSessions: checkCount('maxSessions', given('maxSessions')),
    maxSessionsPerAddress: checkCount('maxSessionsPerAddress', given('maxSessionsPerAddress')),
    maxSessionsPerUser: checkCount('maxSessionsPerUser', given('maxSessionsPerUser')),
    maxSessionsPerPath: checkCount('maxSessionsPerPath', given('maxSessionsPerPath')),
    maxSessionsPerGroup:
      groups === undefined ? before.maxSessionsPerGroup : resolveGroupLimits(groups),
    maxIdleSetup: checkDuration('maxIdleSetup', given('maxIdleSetup')),
    maxLifetime: checkDuration('maxLifetime', given('maxLifetime')),
  })
}

/**
 * Checks the limits on sessions by group and value. @throws {RangeError | TypeError} names the limit that is invalid
 */
export function resolveGroupLimits(limits: unknown): GroupLimits {
  const place = 'maxSessionsPerGroup'
  if (!isRecord(limits)) {
    const expected = 'an object such as { plan: { free: 50 } }'
    throw new TypeError(`${place} must be ${expected}, got ${shown(limits)}`)
  }
  const names = Object.keys(limits)
  if (names.length === 0) return noGroupLimits
  const resolved = names.map((name) => {
    checkGroupName(place, name)
    const values = limits[name]
    if (!isRecord(values)) {
      throw new TypeError(`${place}.${name} must be an object of numbers, got ${shown(values)}`)
    }
    const numbers = Object.entries(values).map(([value, max]) => [
      value,
      checkCount(`${place}.${name}.${value}`, max),
    ])
    return [name, Object.freeze(Object.fromEntries(numbers))]
  })
  return Object.freeze(Object.fromEntries(resolved))
}

/** Returns whether the limits of a pool contain any limit on a number of sessions, and not only on durations. */
export function hasNumbers(limits: SessionLimits): boolean {
  return (
    limits.maxSessions > 0 ||
    limits.maxSessionsPerAddress > 0 ||
    limits.maxSessionsPerUser > 0 ||
    limits.maxSessionsPerPath > 0 ||
    limits.maxSessionsPerGroup !== noGroupLimits
  )
}
