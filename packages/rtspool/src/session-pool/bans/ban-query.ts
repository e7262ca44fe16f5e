import { checkOptions, shown } from '../../option-checks.js'
import { cursorOf, pageLimitOf, serialOf } from '../structures/page.js'
import { type Ban, type BanCause, banCauses } from './ban.js'
import type { BanEntry } from './ban-entry.js'

/** Conditions that the listed bans must meet, and the page to return. */
export interface BanListQuery {
  /** Cursor that the previous page contains. @defaultValue the beginning */
  readonly cursor?: string | undefined
  /** Maximum number of bans on a page: 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  readonly cause?: BanCause | undefined
  /**
   * Text that the address, user, path, reason, author or public id of a ban must contain, in upper
   * or lower case.
   */
  readonly like?: string | undefined
}

/** A page of bans, in order of addition. */
export interface BanPage {
  readonly bans: readonly Ban[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

const names = ['cursor', 'limit', 'cause', 'like'] as const

/**
 * Returns a page of the bans that meet a query.
 *
 * @throws {RangeError | TypeError} when a member of the query is invalid or unknown.
 */
export function pageOf(entries: Iterable<BanEntry>, query: BanListQuery): BanPage {
  checkOptions('bans.list', query, names)
  const { cursor, cause, like } = query
  const limit = pageLimitOf(query.limit)
  if (cause !== undefined && !banCauses.includes(cause)) {
    throw new TypeError(`cause must be one of ${banCauses.join(', ')}, got ${shown(cause)}`)
  }
  if (like !== undefined && typeof like !== 'string') {
    throw new TypeError(`like must be a string, got ${shown(like)}`)
  }
  const after = cursor === undefined ? 0 : serialOf(cursor)
  const text = like?.toLowerCase()
  const bans: BanEntry[] = []
  for (const ban of entries) {
    if (ban.serial <= after || (cause !== undefined && ban.cause !== cause)) continue
    if (text !== undefined && !contains(ban, text)) continue
    const last = bans.at(-1)
    if (bans.length === limit && last) return { bans, cursor: cursorOf(last.serial) }
    bans.push(ban)
  }
  return { bans, cursor: undefined }
}

function contains({ publicId, address, user, path, reason, author }: Ban, text: string): boolean {
  return [publicId, address, user, path, reason, author].some((part) =>
    part?.toLowerCase().includes(text),
  )
}
