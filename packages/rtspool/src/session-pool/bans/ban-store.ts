import type { Clock, ClockTimer } from '../../clock.js'
import { SessionPoolError } from '../../errors.js'
import { addressDigits } from '../../host-of.js'
import { KeyHeap } from '../structures/key-heap.js'
import type { Ban, BanSubject, UnbanReason } from './ban.js'
import type { BanEntry } from './ban-entry.js'
import { BanIndex } from './ban-index.js'

/** Minimum time in milliseconds between two removals of expired bans. */
const sweepIntervalMs = 1000

/**
 * Stores bans, finds them by public id, subject or client, and removes them when they expire. One
 * timer serves all bans. No function but {@link values} looks at all bans.
 */
export class BanStore {
  readonly #clock: Clock
  readonly #left: (ban: BanEntry, reason: UnbanReason) => void
  readonly #index = new BanIndex()
  /** Bans by public id, in order of addition. Their serial numbers have the same order. */
  readonly #byId = new Map<string, BanEntry>()
  readonly #bySubject = new Map<string, BanEntry>()
  /** Automatic bans, the oldest first. */
  readonly #automatic = new KeyHeap<BanEntry>(({ serial }) => serial)
  /** Bans that expire, the earliest end first. */
  readonly #byEnd = new KeyHeap<BanEntry>(({ endsAt }) => endsAt)
  #timer: ClockTimer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isClosed = false

  /**
   * Creates an empty store of bans.
   *
   * @param left - Called for each ban that is removed.
   */
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

  /** Returns the ban with exactly this address, user and path; `undefined` if there is none. */
  of(subject: BanSubject): BanEntry | undefined {
    this.sweep()
    return this.#bySubject.get(keyOf(subject))
  }

  /** Returns a ban that applies to a client with this address, user and path; `undefined` if there is none. */
  find({ address, user, path }: BanSubject): BanEntry | undefined {
    const digits = address === undefined ? undefined : addressDigits(address)
    return this.#index.find({ digits, user, path }, this.#clock.now())
  }

  /** Adds a ban. Its subject must not be banned yet. */
  enter(ban: BanEntry): void {
    this.#byId.set(ban.publicId, ban)
    this.#bySubject.set(keyOf(ban.subject), ban)
    this.#index.add(ban)
    this.noteChange(ban)
  }

  /** Updates the order of the bans. Call this after the end or the cause of a ban has changed. */
  noteChange(ban: BanEntry): void {
    if (isAutomatic(ban)) this.#automatic.file(ban)
    else this.#automatic.delete(ban)
    if (ban.endsAt === Number.POSITIVE_INFINITY) this.#byEnd.delete(ban)
    else this.#byEnd.file(ban)
    this.#arm(ban.endsAt)
  }

  drop(ban: BanEntry, reason: UnbanReason): void {
    this.#byId.delete(ban.publicId)
    this.#bySubject.delete(keyOf(ban.subject))
    this.#index.delete(ban)
    this.#automatic.delete(ban)
    this.#byEnd.delete(ban)
    this.#left(ban, reason)
  }

  /**
   * Removes the oldest automatic ban if the list contains `max` bans.
   *
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` when the list is full and no ban is automatic.
   */
  makeRoom(max: number): void {
    this.sweep()
    if (this.#byId.size < max) return
    const oldest = this.#automatic.first
    if (oldest === undefined) throw fullError(max)
    this.drop(oldest, 'displaced')
  }

  /**
   * Checks that the list has room for `count` further bans.
   *
   * @throws {SessionPoolError} `ERR_BAN_LIST_FULL` otherwise.
   */
  assertRoom(count: number, max: number): void {
    this.sweep()
    const room = max - this.#byId.size + this.#automatic.size
    if (count > Math.max(room, 0)) throw fullError(max)
  }

  /** Removes expired bans from the store. Does nothing before the first ban expires. */
  sweep(): void {
    const now = this.#clock.now()
    if (now < this.#timerAt) return
    this.#disarm()
    const expired: BanEntry[] = []
    for (let ban = this.#byEnd.first; ban && ban.endsAt <= now; ban = this.#byEnd.first) {
      expired.push(ban)
      this.#byEnd.delete(ban)
    }
    this.#arm(this.#byEnd.smallestKey, now + sweepIntervalMs)
    // A listener of an earlier one may have removed it.
    for (const ban of expired) if (this.#byId.get(ban.publicId) === ban) this.drop(ban, 'expired')
  }

  /** Stops the timer that removes expired bans. */
  close(): void {
    this.#isClosed = true
    this.#disarm()
  }

  /**
   * Sets the timer that removes expired bans to the end of a ban, unless it fires earlier already.
   *
   * @param endsAt - End of the ban in milliseconds of the clock; `Infinity` = never.
   * @param earliest - Time before which the timer does not fire, in milliseconds of the clock.
   */
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

/** Returns whether a rule, and not an operator, has created a ban. */
export const isAutomatic = ({ cause }: Pick<Ban, 'cause'>): boolean =>
  cause === 'failedLogins' || cause === 'flapping'

const keyOf = ({ address, user, path }: BanSubject): string =>
  JSON.stringify([address ?? null, user ?? null, path ?? null])

function fullError(max: number): SessionPoolError {
  const message = `the maximum number of bans is ${max}`
  return new SessionPoolError('ERR_BAN_LIST_FULL', message, { context: { max } })
}
