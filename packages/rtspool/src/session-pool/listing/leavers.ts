import type { Clock } from '../../clock.js'
import { shown } from '../../option-checks.js'
import type { Session } from '../session.js'
import { checkCount } from '../session-init.js'
import { type RemovalReason, removalReasons } from '../session-state.js'
import { cursorOf, pageLimitOf, serialOf } from '../structures/page.js'
import { Leaver, tellUnreadable } from './leaver.js'
import { checkQuery, matcherOf, type SessionFilter } from './session-filter.js'

/** Conditions that the listed records of removed sessions must meet, and the page to return. */
export interface LeaverListQuery extends SessionFilter {
  /** Reason of the removal. */
  readonly reason?: RemovalReason | undefined
  /** Cursor of the previous page. @defaultValue the beginning */
  readonly cursor?: string | undefined
  /** Maximum number of records on a page: 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
}

/** A page of records of removed sessions, the latest first. */
export interface LeaverPage {
  readonly leavers: readonly Leaver[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

const more = ['reason', 'cursor', 'limit'] as const

/**
 * Records of the sessions that were removed last. When the maximum number is reached, each new
 * record replaces the oldest. A record of a viewer of two tracks takes about 1.1 kB, and none takes
 * more than 10 kB.
 */
export class Leavers {
  readonly #clock: Clock
  /** Records of removed sessions; the record with serial number `n` has index `n % max`. */
  #ring: (Leaver | undefined)[] = []
  #max: number
  #serial = 0
  #size = 0

  /** Creates an empty list. @internal */
  constructor(clock: Clock, max: number) {
    this.#clock = clock
    this.#max = max
  }

  /** Number of records of removed sessions in the list. */
  get size(): number {
    return this.#size
  }

  /**
   * Maximum number of records of removed sessions; 0 = none. A lower value removes the oldest records.
   *
   * @throws {RangeError} when set to anything but a whole number from 0 to 4294967295.
   */
  get max(): number {
    return this.#max
  }

  set max(max: number) {
    checkCount('maxLeavers', max)
    const kept = [...this].slice(0, max)
    this.#max = max
    this.#ring = []
    this.#size = kept.length
    for (const leaver of kept) this.#ring[leaver.serial % max] = leaver
  }

  /** Returns the record of a removed session by its public id; `undefined` if the list does not contain it. */
  get(publicId: string): Leaver | undefined {
    for (const leaver of this) if (leaver.publicId === publicId) return leaver
    return undefined
  }

  /**
   * Returns a page of records, the latest first. No record is listed twice. None is left out,
   * except those that newer records replace meanwhile. The filter is that of {@link
   * SessionPool.list}; ages are those at the removal of the session.
   *
   * @throws {RangeError | TypeError} when a member is invalid or unknown.
   */
  list(query: LeaverListQuery = {}): LeaverPage {
    checkQuery('leavers.list', query, more)
    const { cursor, reason } = query
    const limit = pageLimitOf(query.limit)
    if (reason !== undefined && !removalReasons.includes(reason)) {
      throw new TypeError(
        `reason must be one of ${removalReasons.join(', ')}, got ${shown(reason)}`,
      )
    }
    const before = cursor === undefined ? undefined : serialOf(cursor)
    const matches = matcherOf<Leaver>(query, ({ publicId }) => publicId)
    const leavers: Leaver[] = []
    for (const leaver of this.#before(before)) {
      if (reason !== undefined && leaver.reason !== reason) continue
      if (!matches(leaver, leaver.durationMs)) continue
      const last = leavers.at(-1)
      if (leavers.length === limit && last) {
        return { leavers, cursor: cursorOf(last.serial) }
      }
      leavers.push(leaver)
    }
    return { leavers, cursor: undefined }
  }

  /** Iterates over the records, the latest first. */
  [Symbol.iterator](): Generator<Leaver, void> {
    return this.#before(undefined)
  }

  /** Adds the record of a removed session, before its media are released. @internal */
  note(session: Session, reason: RemovalReason): void {
    try {
      const serial = this.#serial + 1
      const now = this.#clock.now()
      const leaver = new Leaver(session, reason, serial, now, this.#clock.unixTimeMs())
      this.#ring[serial % this.#max] = leaver
      this.#serial = serial
      this.#size = Math.min(this.#max, this.#size + 1)
    } catch (error) {
      tellUnreadable(error)
    }
  }

  *#before(serial: number | undefined): Generator<Leaver, void> {
    const oldest = (): number => this.#serial - this.#size + 1
    const from = Math.min(this.#serial, (serial ?? Number.POSITIVE_INFINITY) - 1)
    for (let at = from; at >= oldest(); at--) {
      const leaver = this.#ring[at % this.#max]
      if (leaver?.serial === at) yield leaver
    }
  }
}
