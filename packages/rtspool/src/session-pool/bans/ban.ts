import { type AddressPrefix, checkPrefix, prefixText, widened } from '../../address-prefix.js'
import type { Clock } from '../../clock.js'
import { checkOptions, isRecord, kindOf, shapeOf, shown } from '../../option-checks.js'
import { checkDuration, checkUnixSeconds, msPerSecond } from '../session-init.js'

/**
 * Clients to which a ban applies: those that match each given part. At least one part must be
 * given.
 */
export interface BanSubject {
  /**
   * Address, or network such as `10.0.0.0/8`. An IPv6 address means its network of 64 bits, in which
   * a client may change its address (RFC 8981).
   */
  readonly address?: string | undefined
  /** Name of the authenticated user to whom the ban applies. */
  readonly user?: string | undefined
  /** A path, or a path that ends in `/*`, which matches everything below it at any depth. */
  readonly path?: string | undefined
}

/**
 * Cause of a ban: the application, a kick with a ban, too many failed logins, or too many sessions
 * in a short time.
 */
export type BanCause = (typeof banCauses)[number]

export const banCauses = Object.freeze(['added', 'kicked', 'failedLogins', 'flapping'] as const)

/**
 * Reason for the removal of a ban. `displaced`: an automatic ban was removed to make room in a full
 * list.
 */
export type UnbanReason = 'expired' | 'removed' | 'displaced'

/** End, reason and author of a ban; all optional. */
export interface BanTerms {
  /** End in seconds since 1970, by the wall clock at the time of the call. @defaultValue never */
  readonly until?: number | undefined
  /** Seconds from now to the end, instead of `until`; 0 = never. @defaultValue never */
  readonly seconds?: number | undefined
  /** Reason of the ban: free text of at most 256 characters. @defaultValue none */
  readonly reason?: string | undefined
  /** Name of the operator or program that bans, at most 256 characters. @defaultValue none */
  readonly author?: string | undefined
}

/** Subject and terms of a new ban, for {@link Bans.add}. */
export interface BanInit extends BanSubject, BanTerms {}

/** A ban; its counters are current at the time of access. */
export interface Ban extends BanSubject {
  /** Public id of the ban: 22 characters. */
  readonly publicId: string
  /** End of the ban in seconds since 1970; `undefined` = never. */
  readonly until: number | undefined
  readonly reason: string | undefined
  readonly author: string | undefined
  readonly cause: BanCause
  readonly createdTime: Date
  /** Number of connections and requests that the ban has refused. */
  readonly hits: number
  readonly lastHitTime: Date | undefined
}

/** A ban as `JSON.stringify` writes it, and as {@link Bans.restore} reads it. */
export interface BanRecord extends BanSubject {
  readonly publicId: string
  readonly until?: number | undefined
  readonly reason?: string | undefined
  readonly author?: string | undefined
  readonly cause: BanCause
  /** Time at which the ban was created, in ISO 8601. */
  readonly createdTime: string
  readonly hits: number
}

/** Data of the event that a ban has refused a client. */
export interface BanHit extends BanSubject {
  /** Number of refusals by this ban since its last event, this one included. */
  readonly count: number
}

const maxTextLength = 256
const subjectNames = ['address', 'user', 'path'] as const satisfies readonly (keyof BanSubject)[]
const termNames = [
  'until',
  'seconds',
  'reason',
  'author',
] as const satisfies readonly (keyof BanTerms)[]

/** Subject of a ban after its checks: `address` in canonical text, and parsed as `prefix`. */
export interface ResolvedSubject extends BanSubject {
  readonly prefix: AddressPrefix | undefined
}

/**
 * Checks the subject of a ban, and converts its address.
 *
 * @param name - Name of the function, for messages: `bans.add`.
 * @throws {TypeError} when no part is given, or one is of the wrong form.
 */
export function resolveSubject(name: string, subject: BanSubject): ResolvedSubject {
  const { address, user, path } = subject
  const isGiven = [address, user, path].some((part) => part !== undefined)
  if (!isGiven) throw new TypeError(`${name}: expected at least one of ${subjectNames.join(', ')}`)
  const prefix = address === undefined ? undefined : checkHostPrefix(`${name}: address`, address)
  if (user !== undefined && (typeof user !== 'string' || user === '')) {
    throw new TypeError(`${name}: user must be a string that is not empty, got ${shown(user)}`)
  }
  if (path !== undefined) checkPattern(name, path)
  return { address: prefix && prefixText(prefix), user, path, prefix }
}

/** Number of bits in the network of an IPv6 host, which chooses the remaining bits by itself (RFC 8981). */
const ipv6HostBits = 64
const ipv6DigitCount = 32
/** First hexadecimal digits of link-local addresses. All hosts on a link share that network. */
const linkLocal = 'fe80'

/**
 * Checks and parses an address to ban or to exempt. An IPv6 address, or a network of more than 64
 * bits, becomes its network of 64 bits, except link-local ones.
 *
 * @throws {TypeError} If the value is neither an address nor a network.
 */
export function checkHostPrefix(name: string, address: unknown): AddressPrefix {
  const prefix = checkPrefix(name, address)
  const isWidened = prefix.digits.length === ipv6DigitCount && !prefix.digits.startsWith(linkLocal)
  return isWidened ? widened(prefix, ipv6HostBits) : prefix
}

function checkPattern(name: string, path: unknown): void {
  if (typeof path === 'string' && isPattern(path)) return
  const expected = "a decoded path such as '/cam', or '/cams/*' for everything below"
  throw new TypeError(`${name}: path must be ${expected}, got ${shown(path)}`)
}

/**
 * Returns whether a pattern can match the path of a request, which is decoded, has no query, no
 * slash at its end, and no segment that is empty or consists of dots.
 */
function isPattern(pattern: string): boolean {
  if (pattern === '/' || pattern === '/*') return true
  const path = pattern.endsWith('/*') ? pattern.slice(0, -2) : pattern
  const isWritten = /^(\/[^/*?#]+)+$/.test(path) && !/%[0-9a-f]{2}/i.test(path)
  return isWritten && !/\/\.{1,2}(\/|$)/.test(path)
}

/**
 * Checks the argument of {@link Bans.add}.
 *
 * @throws {RangeError | TypeError} when a member is unknown or invalid.
 */
export function checkBanInit(name: string, init: BanInit): void {
  if (!isRecord(init)) throw new TypeError(`${name}: expected a ban, got ${kindOf(init)}`)
  checkOptions(name, init, [...subjectNames, ...termNames])
  checkBanTerms(name, init)
}

/**
 * Checks the ban that is given to {@link SessionPool.kick}.
 *
 * @throws {RangeError | TypeError} when a member is unknown or invalid.
 */
export function checkKickBan(terms: BanTerms): void {
  checkOptions('kick: ban', terms, termNames)
  checkBanTerms('kick: ban', terms)
}

function checkBanTerms(name: string, terms: BanTerms): void {
  const { until, seconds, reason, author } = terms
  if (until !== undefined) checkUnixSeconds(`${name}: until`, until)
  if (seconds !== undefined) checkDuration(`${name}: seconds`, seconds)
  if (until !== undefined && seconds !== undefined) {
    throw new TypeError(`${name}: expected one of until and seconds, got both`)
  }
  checkNote(`${name}: reason`, reason)
  checkNote(`${name}: author`, author)
}

/** Checks a reason or an author. @throws {TypeError} when the text is no string, or too long */
export function checkNote(name: string, text: unknown): void {
  if (text === undefined || (typeof text === 'string' && text.length <= maxTextLength)) return
  const got = typeof text === 'string' ? `${text.length} characters` : shapeOf(text)
  throw new TypeError(`${name} must be a text of at most ${maxTextLength} characters, got ${got}`)
}

/** End of a ban, by the wall clock and by the pool's clock. */
export interface BanEnd {
  /** End of the ban in seconds since 1970; `undefined` = never. */
  readonly until: number | undefined
  /** End of the ban in milliseconds of the pool's clock; `Infinity` = never. */
  readonly endsAt: number
}

/**
 * Returns the end of a ban, also in milliseconds of the pool's clock, by the current wall clock.
 */
export function endOf({ until, seconds = 0 }: BanTerms, clock: Clock): BanEnd {
  const now = clock.now()
  const unixTimeMs = clock.unixTimeMs()
  if (until !== undefined) return { until, endsAt: now + until * msPerSecond - unixTimeMs }
  if (seconds === 0) return { until: undefined, endsAt: Number.POSITIVE_INFINITY }
  const endMs = Math.round(unixTimeMs + seconds * msPerSecond)
  return { until: endMs / msPerSecond, endsAt: now + seconds * msPerSecond }
}

const recordNames = [
  ...subjectNames,
  ...['publicId', 'until', 'reason', 'author', 'cause', 'createdTime', 'hits'],
]

/**
 * Checks a stored ban.
 *
 * @param name - Name of the record, for messages: `bans.restore[3]`.
 * @throws {RangeError | TypeError} names the member that is invalid or unknown.
 */
export function checkBanRecord(name: string, record: BanRecord): void {
  if (!isRecord(record)) throw new TypeError(`${name}: expected a ban, got ${kindOf(record)}`)
  checkOptions(name, record, recordNames)
  const { publicId, until, reason, author, cause, createdTime, hits } = record
  checkBanTerms(name, { until, reason, author })
  if (typeof publicId !== 'string' || !/^[\w-]{22}$/.test(publicId)) {
    throw new TypeError(`${name}: publicId must have 22 characters, got ${shown(publicId)}`)
  }
  if (!banCauses.includes(cause)) {
    throw new TypeError(
      `${name}: cause must be one of ${banCauses.join(', ')}, got ${shown(cause)}`,
    )
  }
  if (typeof createdTime !== 'string' || Number.isNaN(Date.parse(createdTime))) {
    throw new TypeError(
      `${name}: createdTime must be a time of ISO 8601, got ${shown(createdTime)}`,
    )
  }
  if (!Number.isSafeInteger(hits) || hits < 0) {
    throw new RangeError(`${name}: hits must be a whole number from 0, got ${shown(hits)}`)
  }
}
