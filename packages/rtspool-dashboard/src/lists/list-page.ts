/** Page of a list, as an operation of the API returns it. */
export interface ListPage<Row> {
  readonly rows: readonly Row[]
  /** Cursor of the next page; absent on the last one. */
  readonly cursor: string | undefined
}

/** Function that reads the page after a cursor, or the first page without one. */
export type ReadPage<Row> = (cursor: string | undefined) => Promise<ListPage<Row>>

/** Page that was read from the API, with the cursor of the request (`from`) and that of the next page (`next`). */
export interface ReadPart<Row> {
  from: string | undefined
  rows: readonly Row[]
  next: string | undefined
  /** Number of the page's rows that the joined list shows: those that are not on any earlier page. */
  shown: number
}

export async function readPart<Row>(
  read: ReadPage<Row>,
  from: string | undefined,
): Promise<ReadPart<Row>> {
  const { rows, cursor } = await read(from)
  return { from, rows, next: cursor, shown: rows.length }
}

/**
 * Joins the rows of all pages to one list. A row on two pages is shown once, on the first of them.
 *
 * @param parts - Pages in order; `shown` of each is set to the number of its rows in the list.
 * @param keyOf - Returns the key of a row. Rows with the same key are the same row.
 */
export function joinParts<Row>(
  parts: readonly ReadPart<Row>[],
  keyOf: (row: Row) => string,
): readonly Row[] {
  const seen = new Set<string>()
  const joined: Row[] = []
  for (const part of parts) {
    const before = joined.length
    for (const row of part.rows) {
      const key = keyOf(row)
      if (seen.has(key)) continue
      seen.add(key)
      joined.push(row)
    }
    part.shown = joined.length - before
  }
  return joined
}
