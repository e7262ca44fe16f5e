import type { PublicList } from 'rtspool'
import { Problem } from './problem.js'

/** One page of a list that a response contains, in order of creation. */
export interface Page<T> {
  readonly entries: readonly T[]
  /** Text with which a client requests the next page; `undefined` on the last page. */
  readonly cursor: string | undefined
}

const cursorPattern = /^([0-9a-z]{1,11})\.([\w-]{22})$/
const radix = 36

/** List of objects in order of creation, or a part of such a list. `get` finds an object by its public id. */
export type Pages<T> = Iterable<T> & Pick<PublicList<T>, 'get'>

/**
 * Returns one page of a list: at most `limit` entries after the cursor. The cursor of a page contains the id and the
 * time of its last entry. The next page thus begins right even if that entry was removed.
 *
 * @param timeOf - Returns the creation time of an entry in milliseconds, which never decreases
 * along the list.
 * @throws {Problem} `invalid-request` for text that is no cursor.
 */
export function pageOf<T extends { readonly publicId: string }>(
  list: Pages<T>,
  timeOf: (entry: T) => number,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Page<T> {
  const isAfter = positionOf(list, timeOf, cursor)
  const entries: T[] = []
  for (const entry of list) {
    if (!isAfter(entry)) continue
    const last = entries.at(-1)
    if (entries.length === limit && last) {
      return { entries, cursor: `${timeOf(last).toString(radix)}.${last.publicId}` }
    }
    entries.push(entry)
  }
  return { entries, cursor: undefined }
}

/**
 * Returns a function that tells whether an entry of the list comes after a cursor. The caller must call the function
 * for the entries in the order of the list.
 */
function positionOf<T extends { readonly publicId: string }>(
  list: Pages<T>,
  timeOf: (entry: T) => number,
  cursor: string | undefined,
): (entry: T) => boolean {
  if (cursor === undefined) return () => true
  const [, time, publicId = ''] = cursorPattern.exec(cursor) ?? []
  if (time === undefined) throw wrongCursor(cursor)
  if (list.get(publicId) === undefined) {
    // Entries of the same millisecond may appear on both pages, so that none is left out.
    const from = Number.parseInt(time, radix)
    return (entry) => timeOf(entry) >= from
  }
  let isBehind = false
  return (entry) => {
    if (isBehind) return true
    isBehind = entry.publicId === publicId
    return false
  }
}

/**
 * Calls a function of the library that returns a page of a list, and converts its errors to error responses.
 *
 * @throws {Problem} `invalid-request` for text that no page has given as its cursor, and for
 * filters that the library refuses.
 */
export async function listed<T>(
  cursor: string | undefined,
  list: () => T | Promise<T>,
): Promise<T> {
  try {
    return await list()
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    if (cursor !== undefined) throw wrongCursor(cursor)
    throw new Problem('invalid-request', error.message)
  }
}

/** Creates the error response for a cursor that the API has not created. */
const wrongCursor = (cursor: string): Problem =>
  new Problem('invalid-request', 'query.cursor is not a cursor of this list', {
    wrong: [
      { where: 'query.cursor', expected: 'cursor of the page before', got: JSON.stringify(cursor) },
    ],
  })
