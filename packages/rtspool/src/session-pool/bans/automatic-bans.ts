import { isInPrefix } from '../../address-prefix.js'
import type { Clock } from '../../clock.js'
import { addressDigits, hostOf, withoutZone } from '../../host-of.js'
import type { SessionOwner } from '../session-owner.js'
import { WindowCounts } from '../structures/window-counts.js'
import type { BanCause, BanSubject, BanTerms } from './ban.js'
import type { ResolvedAutomaticBan, ResolvedBanOptions } from './ban-options.js'

/** Maximum number of clients whose events each rule counts at a time; beyond it, the oldest count ends. */
const maxCounted = 10_000

/** Function that adds an automatic ban to the list of bans. */
export type AutoBan = (subject: BanSubject, terms: BanTerms, cause: BanCause) => void

/** Counts failed logins and new sessions, and bans clients that have too many in a short time. */
export class AutomaticBans {
  readonly #clock: Clock
  readonly #ban: AutoBan
  #options: ResolvedBanOptions
  #logins: WindowCounts
  #sessions: WindowCounts

  constructor(options: ResolvedBanOptions, clock: Clock, ban: AutoBan) {
    this.#clock = clock
    this.#ban = ban
    this.#options = options
    this.#logins = countsOf(options.failedLogins)
    this.#sessions = countsOf(options.flapping)
  }

  /** Replaces the rules for automatic bans, and resets all counts of events. */
  update(options: ResolvedBanOptions): void {
    this.#options = options
    this.#logins = countsOf(options.failedLogins)
    this.#sessions = countsOf(options.flapping)
  }

  noteFailedLogin(address: string): void {
    const rule = this.#options.failedLogins
    if (rule !== undefined) this.#noteAddress(rule, this.#logins, address, 'failedLogins')
  }

  /**
   * Counts a new session for its user, or for its address without a user. If the rule includes
   * paths, counts it for its path as well.
   */
  noteSession(owner: SessionOwner | undefined, path: string | undefined): void {
    const rule = this.#options.flapping
    if (rule === undefined) return
    if (owner?.user) {
      const { user } = owner
      if (this.#isReached(rule, this.#sessions, `user ${user}`))
        this.#add(rule, { user }, 'flapping')
    } else if (owner !== undefined) {
      this.#noteAddress(rule, this.#sessions, owner.address, 'flapping')
    }
    if (!rule.countsPaths || path === undefined || path.includes('*')) return
    if (this.#isReached(rule, this.#sessions, `path ${path}`)) this.#add(rule, { path }, 'flapping')
  }

  #noteAddress(
    rule: ResolvedAutomaticBan,
    counts: WindowCounts,
    address: string,
    cause: BanCause,
  ): void {
    const digits = addressDigits(address)
    if (digits === undefined) return
    if (this.#options.exempt.some((prefix) => isInPrefix(prefix, digits))) return
    const host = digits.startsWith('fe80') ? address : hostOf(address)
    if (!this.#isReached(rule, counts, `address ${host}`)) return
    this.#add(rule, { address: withoutZone(address) }, cause)
  }

  #isReached({ limit }: ResolvedAutomaticBan, counts: WindowCounts, key: string): boolean {
    if (counts.note(key, this.#clock.now()) < limit) return false
    counts.forget(key)
    return true
  }

  #add(
    { limit, windowMs, banSeconds }: ResolvedAutomaticBan,
    subject: BanSubject,
    cause: BanCause,
  ): void {
    const events = cause === 'flapping' ? 'sessions' : 'failed logins'
    const reason = `${limit} ${events} in ${windowMs / 1000} s`
    this.#ban(subject, { seconds: banSeconds, reason }, cause)
  }
}

const countsOf = (rule: ResolvedAutomaticBan | undefined): WindowCounts =>
  new WindowCounts(rule?.windowMs ?? 0, maxCounted)
