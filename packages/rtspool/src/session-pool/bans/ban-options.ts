import type { AddressPrefix } from '../../address-prefix.js'
import { checkBoolean, checkInteger, checkOptions, shown } from '../../option-checks.js'
import { checkDuration, msPerSecond } from '../session-init.js'
import { checkHostPrefix } from './ban.js'

/** Rule that bans a client after too many events in a short time. */
export interface AutomaticBan {
  /** Length in seconds of the period in which events are counted, from the first event on. */
  readonly windowSeconds: number
  /** Seconds for which the client is banned; 0 = for ever. */
  readonly banSeconds: number
}

/** Rule that bans an address after too many failed logins. */
export interface FailedLoginsBan extends AutomaticBan {
  /** Number of failed logins of one address, 1 or more, that leads to a ban. */
  readonly attempts: number
}

/** Rule that bans clients which create too many sessions. */
export interface FlappingBan extends AutomaticBan {
  /**
   * Number of sessions, 1 or more, that one user, address or path may create in the period. The
   * last of them leads to a ban. A session counts for its user, or for its address if it has no
   * user.
   */
  readonly sessions: number
  /**
   * Counts sessions by path as well, and bans a path for all clients when it has too many.
   * @defaultValue false
   */
  readonly paths?: boolean | undefined
}

/** Options of {@link Bans}; all optional. */
export interface BanOptions {
  /**
   * Maximum number of bans, 1 to 1,000,000. In a full list, a new ban replaces the oldest automatic
   * ban, and is refused if there is none.
   * @defaultValue 10000
   */
  readonly maxBans?: number | undefined
  /**
   * Sends the reason of a ban to the banned client, in the body of the response.
   * @defaultValue false
   */
  readonly tellReason?: boolean | undefined
  /**
   * Rule that bans an address after too many failed logins, which a server counts; `false` = never.
   * @defaultValue false
   */
  readonly failedLogins?: FailedLoginsBan | false | undefined
  /** Rule that bans clients which create too many sessions; `false` = never. @defaultValue false */
  readonly flapping?: FlappingBan | false | undefined
  /**
   * Addresses and networks that are never banned automatically, such as a proxy that many clients
   * share. A given list replaces the default.
   * @defaultValue ['127.0.0.0/8', '::1']
   */
  readonly exempt?: readonly string[] | undefined
}

export const banDefaults = Object.freeze({
  maxBans: 10_000,
  tellReason: false,
  failedLogins: false,
  flapping: false,
  exempt: Object.freeze(['127.0.0.0/8', '::1']),
} as const satisfies Required<BanOptions>)

/** A rule that has been checked, with times in milliseconds. */
export interface ResolvedAutomaticBan {
  readonly limit: number
  readonly windowMs: number
  readonly banSeconds: number
  readonly countsPaths: boolean
}

export interface ResolvedBanOptions {
  readonly maxBans: number
  readonly tellReason: boolean
  readonly failedLogins: ResolvedAutomaticBan | undefined
  readonly flapping: ResolvedAutomaticBan | undefined
  readonly exempt: readonly AddressPrefix[]
}

const largestList = 1_000_000

/**
 * Checks the options of the list of bans and fills in the defaults.
 *
 * @throws {RangeError | TypeError} when a value is invalid or an option unknown.
 */
export function resolveBanOptions(options: BanOptions): ResolvedBanOptions {
  checkOptions('bans', options, Object.keys(banDefaults))
  const { maxBans, tellReason, failedLogins, flapping, exempt } = options
  return Object.freeze({
    maxBans: checkInteger('bans.maxBans', maxBans ?? banDefaults.maxBans, 1, largestList),
    tellReason: checkBoolean('bans.tellReason', tellReason ?? banDefaults.tellReason),
    failedLogins: resolveRule('failedLogins', 'attempts', failedLogins),
    flapping: resolveRule('flapping', 'sessions', flapping),
    exempt: resolveExempt(exempt ?? banDefaults.exempt),
  })
}

/**
 * Checks a rule of automatic bans.
 *
 * @param counted - Name of the member that contains the number of events.
 */
function resolveRule(
  name: 'failedLogins' | 'flapping',
  counted: 'attempts' | 'sessions',
  rule: FailedLoginsBan | FlappingBan | false | undefined,
): ResolvedAutomaticBan | undefined {
  if (rule === undefined || rule === false) return undefined
  const names = [counted, 'windowSeconds', 'banSeconds']
  checkOptions(`bans.${name}`, rule, name === 'flapping' ? [...names, 'paths'] : names)
  const { windowSeconds, banSeconds, paths } = rule as FlappingBan
  const limit: unknown = (rule as FailedLoginsBan & FlappingBan)[counted]
  return Object.freeze({
    limit: checkInteger(`bans.${name}.${counted}`, limit, 1),
    windowMs: checkDuration(`bans.${name}.windowSeconds`, windowSeconds) * msPerSecond,
    banSeconds: checkDuration(`bans.${name}.banSeconds`, banSeconds),
    countsPaths: checkBoolean(`bans.${name}.paths`, paths ?? false),
  })
}

function resolveExempt(addresses: readonly string[]): readonly AddressPrefix[] {
  if (!Array.isArray(addresses)) {
    throw new TypeError(`bans.exempt must be a list of addresses, got ${shown(addresses)}`)
  }
  return addresses.map((address, index) => checkHostPrefix(`bans.exempt[${index}]`, address))
}
