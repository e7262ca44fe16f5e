import { shown } from '../../option-checks.js'
import type { Session } from '../session.js'
import { cursorOf, noCursor, serialOf } from '../structures/page.js'

/**
 * Value by which a list of sessions is sorted:
 *
 * - `age`: time since the creation;
 * - `idle`: time since the last sign of life;
 * - `bytes`: bytes to and from the client so far;
 * - `loss`: share of the packets that were reported lost;
 * - `queue`: bytes that wait in this process for the client to read.
 */
export type SessionSort = (typeof sessionSorts)[number]

export const sessionSorts = Object.freeze(['age', 'idle', 'bytes', 'loss', 'queue'] as const)

/** Direction of a list: `descending` begins with the largest value. */
export type SortOrder = (typeof sortOrders)[number]

export const sortOrders = Object.freeze(['descending', 'ascending'] as const)

/** Position of a session in a sorted list: its sort value and serial number. */
interface Place {
  readonly figure: number
  /** Serial number of the session, by which sessions with equal values are sorted. */
  readonly serial: number
}

interface Entry extends Place {
  readonly session: Session
}

const cursorPattern = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)_([0-9a-z]{1,11})$/

/** Returns the value by which a list sorts a session: its age, idle time, bytes, loss or queue. */
export function figureOf(session: Session, sort: SessionSort): number {
  switch (sort) {
    // These figures are times, not ages: an age grows between two pages, and would move sessions.
    case 'age':
      return -session.createdAt
    case 'idle':
      return -session.lastAccessAt
    case 'bytes': {
      const { bytesIn, bytesOut } = session.stats
      return bytesIn + bytesOut
    }
    case 'loss': {
      const { packetsLost, packetsIn, packetsOut } = session.stats
      return packetsLost / Math.max(1, packetsIn + packetsOut)
    }
    case 'queue':
      return session.queuedBytes
  }
}

/**
 * Selects the first sessions of a sorted list, from any number of sessions. Keeps at most twice as
 * many as needed.
 */
export class SortedPage {
  readonly #count: number
  readonly #sign: 1 | -1
  readonly #after: Place | undefined
  #entries: Entry[] = []
  /** Position of the last session that can still be on the page; `undefined` = any. Sessions after it are dropped. */
  #bound: Place | undefined

  /**
   * Creates an empty page.
   *
   * @param limit - Number of sessions on the page.
   * @param cursor - Cursor of the previous page; `undefined` for the first.
   * @throws {RangeError} when the text is no cursor of a sorted list.
   */
  constructor(limit: number, order: SortOrder, cursor: string | undefined) {
    // One more, to know whether another page follows.
    this.#count = limit + 1
    this.#sign = order === 'descending' ? -1 : 1
    this.#after = cursor === undefined ? undefined : parsePlace(cursor)
  }

  add(session: Session, figure: number, serial: number): void {
    if (this.#after !== undefined && this.#compare(this.#after, figure, serial) >= 0) return
    if (this.#bound !== undefined && this.#compare(this.#bound, figure, serial) < 0) return
    this.#entries.push({ session, figure, serial })
    if (this.#entries.length === 2 * this.#count) this.#cut()
  }

  /** Returns the sessions of the page in their final order, with their cursors and that of the next page. */
  take(): {
    readonly sessions: readonly Session[]
    readonly cursors: readonly string[]
    readonly cursor: string | undefined
  } {
    this.#cut()
    const hasNext = this.#entries.length === this.#count
    if (hasNext) this.#entries.pop()
    const last = this.#entries.at(-1)
    const sessions = this.#entries.map(({ session }) => session)
    const cursors = this.#entries.map(placeText)
    return { sessions, cursors, cursor: hasNext && last ? placeText(last) : undefined }
  }

  #cut(): void {
    this.#entries.sort((a, b) => this.#compare(a, b.figure, b.serial))
    if (this.#entries.length < this.#count) return
    this.#entries.length = this.#count
    this.#bound = this.#entries.at(-1)
  }

  /**
   * Compares a position in a sorted list with that of another session.
   *
   * @param figure - Sort value of the other session.
   * @param serial - Serial number of the other session.
   * @returns Below 0 when the position comes first
   */
  #compare(place: Place, figure: number, serial: number): number {
    return (place.figure - figure) * this.#sign || place.serial - serial
  }
}

const placeText = ({ figure, serial }: Place): string => `${figure}_${cursorOf(serial)}`

function parsePlace(cursor: string): Place {
  const [, figure, serial] = cursorPattern.exec(cursor) ?? []
  if (figure === undefined || serial === undefined) throw noCursor()
  return { figure: Number(figure), serial: serialOf(serial) }
}

/**
 * Checks that the sort value and the direction of a list are known ones.
 *
 * @throws {TypeError} when one of them is unknown.
 */
export function checkOrder(sort: unknown, order: unknown): void {
  if (sort !== undefined && !sessionSorts.some((each) => each === sort)) {
    throw new TypeError(`sort must be one of ${sessionSorts.join(', ')}, got ${shown(sort)}`)
  }
  if (order !== undefined && !sortOrders.some((each) => each === order)) {
    throw new TypeError(`order must be one of ${sortOrders.join(', ')}, got ${shown(order)}`)
  }
}
