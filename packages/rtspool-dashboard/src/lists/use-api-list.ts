import { useEffect, useMemo } from 'preact/hooks'
import type { Query } from '../api/api-client.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { PagedList } from './paged-list.js'
import { Refresher } from './refresher.js'

const rowsPerPage = 200

/** A list of the API. Each of its changes has an event, so that the page reads it only then. */
export interface ApiList<Row> {
  /** Path of the operation, such as `/v1/bans`. */
  readonly path: string
  /** Member of the response with the rows. */
  readonly member: string
  /** Types of events after which the list is out of date. */
  readonly types: readonly string[]
  readonly keyOf: (row: Row) => string
}

/** Response of an operation that lists: the rows in the member of {@link ApiList}, and the next cursor. */
type Response<Row> = { readonly cursor?: string } & Readonly<Record<string, readonly Row[]>>

/**
 * Reads a list of the API as far as a person scrolls, and keeps the rows on the screen up to date.
 *
 * @param list - Must be the same object in each drawing: another object begins another list.
 * @param query - Values of the filter. Other values begin the list again.
 */
export function useApiList<Row>(list: ApiList<Row>, query: Query): PagedList<Row> {
  const { client, events } = useVisitor()
  const rows = useMemo(() => new PagedList<Row>(list.keyOf), [list])
  useEffect(() => {
    const times = { types: list.types, everyMs: 0 }
    const refresher = new Refresher(events, times, () => rows.refresh())
    return () => {
      refresher.close()
      rows.close()
    }
  }, [events, list, rows])
  const wanted = JSON.stringify(query)
  useEffect(() => {
    const filter: Query = JSON.parse(wanted)
    void rows.restart(async (cursor) => {
      const page = { ...filter, limit: rowsPerPage, cursor }
      const response = await client.get<Response<Row>>(list.path, page)
      return { rows: response[list.member] ?? [], cursor: response.cursor }
    })
  }, [client, list, rows, wanted])
  return rows
}
