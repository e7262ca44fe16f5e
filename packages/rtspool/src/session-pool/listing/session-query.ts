import { checkOptions, isRecord, shown } from '../../option-checks.js'
import type { Session } from '../session.js'
import type { SessionData } from '../session-data.js'
import { checkGroups, type SessionGroups } from '../session-groups.js'
import { pageLimitOf } from '../structures/page.js'
import { checkQuery, type SessionFilter } from './session-filter.js'
import { checkOrder, type SessionSort, type SortOrder } from './session-order.js'

/**
 * Selection of the sessions that {@link SessionPool.count} counts: those of a user, an address, a
 * path or a group.
 */
export type SessionQuestion =
  | {
      readonly user: string
      readonly address?: never
      readonly path?: never
      readonly group?: never
    }
  | {
      readonly address: string
      readonly user?: never
      readonly path?: never
      readonly group?: never
    }
  | {
      readonly path: string
      readonly user?: never
      readonly address?: never
      readonly group?: never
    }
  | {
      /** Sessions of one group: an object with exactly one key, such as `{ plan: 'free' }`. */
      readonly group: SessionGroups
      readonly path?: never
      readonly user?: never
      readonly address?: never
    }

const subjects: readonly string[] = ['user', 'address', 'path', 'group']

/**
 * Checks the argument of {@link SessionPool.count}.
 *
 * @throws {TypeError} unless exactly one of user, address, path and group is given.
 */
export function checkQuestion(question: SessionQuestion): SessionQuestion {
  if (isRecord(question)) checkOptions('count', question, subjects)
  const given = isRecord(question)
    ? Object.entries(question).filter(([, value]) => value !== undefined)
    : []
  const [subject, value] = given[0] ?? []
  if (given.length === 1 && subjects.includes(subject ?? '') && typeof value === 'string') {
    return { [subject as 'path']: value }
  }
  if (given.length === 1 && subject === 'group' && isRecord(value)) {
    checkGroups(value)
    if (Object.keys(value).length === 1) return { group: value as SessionGroups }
  }
  throw new TypeError(
    `expected exactly one of { user }, { address }, { path }, { group }, got ${shown(question)}`,
  )
}

/** Conditions that the listed sessions must meet, their order, and the page to return. */
export interface SessionListQuery extends SessionFilter {
  /** Cursor of the previous page, which had the same filter and order. @defaultValue the beginning */
  readonly cursor?: string | undefined
  /** Maximum number of sessions on a page: 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /**
   * Order of the list. A page in any order but that of `age` examines all sessions that match user,
   * address or path, which costs about a microsecond for each; see `listInTurns`.
   * @defaultValue 'age'
   */
  readonly sort?: SessionSort | undefined
  /**
   * Direction of the list; `'descending'` begins with the largest value: by age, with the oldest
   * session.
   *
   * @defaultValue 'descending'
   */
  readonly order?: SortOrder | undefined
}

/** A page of a list of sessions. */
export interface SessionPage<Data extends object = SessionData> {
  readonly sessions: readonly Session<Data>[]
  /** Cursor behind each of the sessions, for a page that begins there. */
  readonly cursors: readonly string[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

const positionNames: readonly string[] = ['cursor', 'limit', 'sort', 'order']

/**
 * Checks the conditions and the page of a list query. A mistake in them would list all sessions or
 * none.
 *
 * @returns Number of sessions on a page.
 * @throws {RangeError | TypeError} when a member is invalid or unknown.
 */
export function checkListQuery(query: SessionListQuery): number {
  checkQuery('list', query, positionNames)
  checkOrder(query.sort, query.order)
  return pageLimitOf(query.limit)
}
