import type { Clock } from '../../clock.js'
import { SessionPoolError } from '../../errors.js'
import { withoutUndefined } from '../../option-checks.js'
import { createPublicId } from '../../public-id.js'
import type { SessionOwner } from '../session-owner.js'
import { AutomaticBans } from './automatic-bans.js'
import {
  type Ban,
  type BanCause,
  type BanEnd,
  type BanHit,
  type BanInit,
  type BanRecord,
  type BanSubject,
  type BanTerms,
  banCauses,
  checkBanInit,
  checkBanRecord,
  endOf,
  type ResolvedSubject,
  resolveSubject,
  type UnbanReason,
} from './ban.js'
import { BanEntry } from './ban-entry.js'
import {
  type BanOptions,
  banDefaults,
  type ResolvedBanOptions,
  resolveBanOptions,
} from './ban-options.js'
import { type BanListQuery, type BanPage, pageOf } from './ban-query.js'
import { BanStore, isAutomatic } from './ban-store.js'

/** Functions that {@link Bans} calls for its events; the pool emits them. */
export interface BanEvents {
  banned(ban: Ban): void
  banHit(ban: Ban, hit: BanHit): void
  unbanned(ban: Ban, reason: UnbanReason): void
}

/** Counters of {@link Bans} since the creation of the pool. */
export interface BanStats {
  /** Number of bans in the list now. */
  readonly size: number
  /** Number of connections and requests that bans have refused. */
  readonly hits: number
  /** Number of bans added so far, by cause. Bans of {@link Bans.restore} are not counted. */
  readonly made: Readonly<Record<BanCause, number>>
  /** Number of automatic bans that a full list has removed, or refused to add. */
  readonly displaced: number
}

/**
 * List of banned clients: by address, user, path, or a combination of them.
 *
 * A ban applies to new sessions. Existing ones stay until {@link SessionPool.kick} removes them. A
 * server closes connections of a banned address at once, and responds 403 to DESCRIBE, ANNOUNCE and
 * SETUP of a banned user or path.
 *
 * A look-up takes the same time for any number of bans. Ends are converted to the pool's clock when
 * a ban is added, so later jumps of the wall clock have no effect.
 */
export class Bans {
  readonly #clock: Clock
  readonly #events: BanEvents
  readonly #store: BanStore
  readonly #automatic: AutomaticBans
  readonly #made = Object.fromEntries(banCauses.map((cause) => [cause, 0])) as Record<
    BanCause,
    number
  >
  #given: BanOptions
  #options: ResolvedBanOptions
  #serial = 0
  #hits = 0
  #displaced = 0

  /** Creates an empty list. @internal */
  constructor(options: BanOptions, clock: Clock, events: BanEvents) {
    this.#options = resolveBanOptions(options)
    this.#given = withoutUndefined(options)
    this.#clock = clock
    this.#events = events
    this.#store = new BanStore(clock, (ban, reason) => {
      if (reason === 'displaced') this.#displaced++
      events.unbanned(ban, reason)
    })
    this.#automatic = new AutomaticBans(this.#options, clock, (subject, terms, cause) =>
      this.#addAutomatic(subject, terms, cause),
    )
  }

  /** Number of bans. An expired ban has no effect, but may be counted for up to a second. */
  get size(): number {
    return this.#store.size
  }

  /** True if a rule for new sessions is set, so that the pool must report them. @internal */
  get countsSessions(): boolean {
    return this.#options.flapping !== undefined
  }

  /** Options of the list of bans, with defaults for those that were not given. */
  get options(): Readonly<BanOptions> {
    return { ...banDefaults, ...this.#given }
  }

  /**
   * Changes options: all given ones, or none if one of them is wrong. The counts of the rules for
   * automatic bans start at 0 again. A lower `maxBans` removes no ban.
   *
   * @throws {RangeError | TypeError} when a value is invalid or an option unknown.
   */
  update(options: BanOptions): void {
    const given = { ...this.#given, ...withoutUndefined(options) }
    this.#options = resolveBanOptions(given)
    this.#given = given
    this.#automatic.update(this.#options)
  }

  /**
   * Bans the clients that match each given part of the subject. A ban of exactly the same subject
   * keeps its id and its counters, and gets the new end, reason and author.
   *
   * @throws {RangeError | TypeError} when a member is invalid, unknown, or the end has passed.
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` when there are `maxBans` bans and none of them is
   *   automatic.
   */
  add(init: BanInit): Ban {
    checkBanInit('bans.add', init)
    return this.#put('added', resolveSubject('bans.add', init), init)
  }

  /**
   * Adds bans of several subjects: all of them, or none. A subject that already has a ban with a
   * later end is left out.
   *
   * @param terms - Checked by the caller, except for an end that has passed.
   * @throws {RangeError} when the end has passed.
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` when they do not all fit.
   * @internal
   */
  extend(cause: BanCause, subjects: readonly BanSubject[], terms: BanTerms): void {
    const { endsAt } = this.#endOf(terms)
    const resolved = subjects.map((subject) => resolveSubject('bans', subject))
    const isNew = (subject: BanSubject): boolean => this.#store.of(subject) === undefined
    this.#store.assertRoom(resolved.filter(isNew).length, this.#options.maxBans)
    for (const subject of resolved) {
      const before = this.#store.of(subject)
      if (before === undefined || before.endsAt < endsAt) this.#put(cause, subject, terms)
    }
  }

  /** Removes a ban. @returns Whether there was a ban with this public id. */
  remove(publicId: string): boolean {
    const ban = this.#store.get(publicId)
    if (ban !== undefined) this.#store.drop(ban, 'removed')
    return ban !== undefined
  }

  /** Returns the ban with a public id; `undefined` if the list does not contain it. */
  get(publicId: string): Ban | undefined {
    return this.#store.get(publicId)
  }

  /** Returns a ban that applies to a client, without counting a refusal; `undefined` if the client is not banned. */
  find(client: BanSubject): Ban | undefined {
    return this.#store.size === 0 ? undefined : this.#store.find(client)
  }

  /** Returns a ban that applies to a client, and counts a refusal by it; `undefined` if the client is not banned. */
  hit(client: BanSubject): Ban | undefined {
    if (this.#store.size === 0) return undefined
    const ban = this.#store.find(client)
    if (ban === undefined) return undefined
    this.#hits++
    const event = ban.noteHit(client, this.#clock.now(), new Date(this.#clock.unixTimeMs()))
    if (event !== undefined) this.#events.banHit(ban, event)
    return ban
  }

  /**
   * Returns the error for a client that a ban has refused. The error contains the reason only if
   * the option `tellReason` is set.
   */
  errorOf({ publicId, reason }: Ban): SessionPoolError {
    const told = this.#options.tellReason ? reason : undefined
    const context = told === undefined ? { ban: publicId } : { ban: publicId, told }
    return new SessionPoolError('ERR_BANNED', 'The client is banned', { context })
  }

  /**
   * Returns a page of bans, in order of addition. While bans are added and removed, no other ban is
   * listed twice or left out.
   *
   * @throws {RangeError | TypeError} when a member is invalid or unknown.
   */
  list(query: BanListQuery = {}): BanPage {
    return pageOf(this.#store.values(), query)
  }

  /** Iterates over the bans in order of addition. */
  [Symbol.iterator](): IterableIterator<Ban> {
    return this.#store.values()
  }

  stats(): BanStats {
    const { size } = this.#store
    return { size, hits: this.#hits, made: { ...this.#made }, displaced: this.#displaced }
  }

  /** Counts a failed login, for the rule `failedLogins`. Called by the server for each wrong login. */
  noteFailedLogin(address: string): void {
    this.#automatic.noteFailedLogin(address)
  }

  /** Counts a new session, for the rule `flapping`. @internal */
  noteSession(owner: SessionOwner | undefined, path: string | undefined): void {
    this.#automatic.noteSession(owner, path)
  }

  /** Returns all bans, to be stored and passed to {@link restore} later. */
  toJSON(): BanRecord[] {
    return Array.from(this.#store.values(), (ban) => ban.toJSON())
  }

  /**
   * Adds stored bans with their ids and counts of refusals, without emitting events. Leaves out
   * those that have expired, and those whose subject is banned already.
   *
   * @returns Number of added bans.
   * @throws {RangeError | TypeError} names the record that is invalid; then none has been added.
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` if they do not all fit; then none has been
   * added.
   */
  restore(records: readonly BanRecord[]): number {
    if (!Array.isArray(records)) throw new TypeError('bans.restore: expected a list of bans')
    const entries = records.map((record, index) => this.#entryOf(record, index))
    const isNew = ({ endsAt, subject, publicId }: BanEntry): boolean =>
      endsAt > this.#clock.now() && !this.#store.of(subject) && !this.#store.get(publicId)
    this.#store.assertRoom(entries.filter(isNew).length, this.#options.maxBans)
    let added = 0
    for (const entry of entries) {
      // Asked again: a list may name a subject twice.
      if (!isNew(entry)) continue
      this.#store.makeRoom(this.#options.maxBans)
      this.#store.enter(entry)
      added++
    }
    return added
  }

  /** Stops the timer that removes expired bans; called by the pool when it closes. @internal */
  close(): void {
    this.#store.close()
  }

  /** Returns the end of a ban from its terms. @throws {RangeError} when the end has passed */
  #endOf(terms: BanTerms): BanEnd {
    const end = endOf(terms, this.#clock)
    if (end.endsAt > this.#clock.now()) return end
    throw new RangeError(`until must be a time in the future, got ${end.until}`)
  }

  #put(cause: BanCause, subject: ResolvedSubject, { reason, author, ...end }: BanTerms): BanEntry {
    const facts = { ...this.#endOf(end), reason, author, cause }
    let ban = this.#store.of(subject)
    if (ban !== undefined) {
      // Cause and reason of an operator stay, so that a full list does not displace the ban.
      if (isAutomatic(facts) && !isAutomatic(ban)) ban.lengthen(facts)
      else ban.replace(facts)
      this.#store.noteChange(ban)
    } else {
      this.#store.makeRoom(this.#options.maxBans)
      const createdTime = new Date(this.#clock.unixTimeMs())
      const identity = { publicId: createPublicId(), createdTime }
      ban = new BanEntry(subject, { ...facts, ...identity }, ++this.#serial)
      this.#store.enter(ban)
    }
    this.#made[cause]++
    this.#events.banned(ban)
    return ban
  }

  #addAutomatic(subject: BanSubject, terms: BanTerms, cause: BanCause): void {
    try {
      this.extend(cause, [subject], terms)
    } catch (error) {
      if (!(error instanceof SessionPoolError)) throw error
      this.#displaced++
    }
  }

  #entryOf(record: BanRecord, index: number): BanEntry {
    const name = `bans.restore[${index}]`
    checkBanRecord(name, record)
    const { publicId, reason, author, cause } = record
    const createdTime = new Date(record.createdTime)
    const facts = { publicId, createdTime, ...endOf(record, this.#clock), reason, author, cause }
    const entry = new BanEntry(resolveSubject(name, record), facts, ++this.#serial)
    entry.hits = record.hits
    return entry
  }
}
