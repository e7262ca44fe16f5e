import type { Clock, ClockTimer } from '../../clock.js'
import { SessionPoolError } from '../../errors.js'
import { addressDigits } from '../../host-of.js'
import type { Ban, BanSubject, UnbanReason } from './ban.js'
import type { BanEntry } from './ban-entry.js'
import { BanIndex } from './ban-index.js'

/** Minimum time in milliseconds between two removals of expired bans. */
const sweepIntervalMs = 1000

/**
 * Keeps bans by public id, subject and client, and removes them when they expire, with one timer
 * for all.
 */
export class BanStore {
  readonly #clock: Clock
  readonly #left: (ban: BanEntry, reason: UnbanReason) => void
  readonly #index = new BanIndex()
  /** Bans by public id, in order of addition, which is that of their serial numbers. */
  readonly #byId = new Map<string, BanEntry>()
  readonly #bySubject = new Map<string, BanEntry>()
  #timer: ClockTimer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isClosed = false

  /** @param left - Called for each ban that is removed. */
  constructor(clock: Clock, left: (ban: BanEntry, reason: UnbanReason) => void) {
    this.#clock = clock
    this.#left = left
  }

  get size(): number {
    return this.#byId.size
  }

  values(): IterableIterator<BanEntry> {
    this.sweep()
    return this.#byId.values()
  }

  get(publicId: string): BanEntry | undefined {
    this.sweep()
    return this.#byId.get(publicId)
  }

  /** Returns the ban of exactly this subject. */
  of(subject: BanSubject): BanEntry | undefined {
    this.sweep()
    return this.#bySubject.get(keyOf(subject))
  }

  /** Returns a ban whose subject matches a client. */
  find({ address, user, path }: BanSubject): BanEntry | undefined {
    const digits = address === undefined ? undefined : addressDigits(address)
    return this.#index.find({ digits, user, path }, this.#clock.now())
  }

  /** Adds a ban. Its subject must not be banned yet. */
  enter(ban: BanEntry): void {
    this.#byId.set(ban.publicId, ban)
    this.#bySubject.set(keyOf(ban.subject), ban)
    this.#index.add(ban)
    this.noteEnd(ban)
  }

  /** Sets the timer after the end of a ban has changed. */
  noteEnd({ endsAt }: BanEntry): void {
    this.#arm(endsAt)
  }

  drop(ban: BanEntry, reason: UnbanReason): void {
    this.#byId.delete(ban.publicId)
    this.#bySubject.delete(keyOf(ban.subject))
    this.#index.delete(ban)
    this.#left(ban, reason)
  }

  /**
   * Removes the oldest automatic ban from a full list.
   *
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` when the list is full and no ban is automatic.
   */
  makeRoom(max: number): void {
    this.sweep()
    if (this.#byId.size < max) return
    for (const ban of this.#byId.values()) {
      if (!isAutomatic(ban)) continue
      this.drop(ban, 'displaced')
      return
    }
    throw fullError(max)
  }

  /**
   * Checks that there is room for a number of further bans.
   *
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` otherwise.
   */
  assertRoom(count: number, max: number): void {
    this.sweep()
    let room = max - this.#byId.size
    if (room >= count) return
    for (const ban of this.#byId.values()) if (isAutomatic(ban)) room++
    if (room < count) throw fullError(max)
  }

  /** Removes expired bans. Does nothing before the first ban expires. */
  sweep(): void {
    const now = this.#clock.now()
    if (now < this.#timerAt) return
    this.#disarm()
    let next = Number.POSITIVE_INFINITY
    const expired: BanEntry[] = []
    for (const ban of this.#byId.values()) {
      if (ban.endsAt <= now) expired.push(ban)
      else if (ban.endsAt < next) next = ban.endsAt
    }
    this.#arm(next, now + sweepIntervalMs)
    // A listener of an earlier one may have removed it.
    for (const ban of expired) if (this.#byId.get(ban.publicId) === ban) this.drop(ban, 'expired')
  }

  /** Stops the timer. */
  close(): void {
    this.#isClosed = true
    this.#disarm()
  }

  /** Sets the timer. @param earliest - Time before which it does not fire. */
  #arm(endsAt: number, earliest = Number.NEGATIVE_INFINITY): void {
    const at = Math.max(endsAt, earliest)
    if (this.#isClosed || at >= this.#timerAt) return
    this.#disarm()
    this.#timerAt = at
    this.#timer = this.#clock.schedule(() => this.sweep(), at - this.#clock.now(), false)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }
}

/** Returns whether a rule, and not an operator, has made a ban. */
export const isAutomatic = ({ cause }: Pick<Ban, 'cause'>): boolean =>
  cause === 'failedLogins' || cause === 'flapping'

const keyOf = ({ address, user, path }: BanSubject): string =>
  JSON.stringify([address ?? null, user ?? null, path ?? null])

function fullError(max: number): SessionPoolError {
  const message = `the maximum number of bans is ${max}`
  return new SessionPoolError('ERR_BAN_LIST_FULL', message, { context: { max } })
}
