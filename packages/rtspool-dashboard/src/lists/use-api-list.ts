import { useEffect, useMemo } from 'preact/hooks'
import type { Query } from '../api/api-client.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { PagedList } from './paged-list.js'
import { Refresher } from './refresher.js'

const rowsPerPage = 200

/**
 * Description of a list of the API. Each change of the list causes an event, after which the page
 * reads it again.
 */
export interface ApiList<Row> {
  /** Path of the API operation that lists, such as `/v1/bans`. */
  readonly path: string
  /** Name of the member that contains the rows in the response, such as `bans`. */
  readonly member: string
  /** Types of events after which the list must be read again. */
  readonly types: readonly string[]
  readonly keyOf: (row: Row) => string
}

/**
 * Response of an operation that lists: the rows in the member named by {@link ApiList}, and the
 * cursor of the next page.
 */
type Response<Row> = { readonly cursor?: string } & Readonly<Record<string, readonly Row[]>>

/**
 * Hook that reads a list of the API as far as the user scrolls, and keeps the visible rows up to
 * date.
 *
 * @param list - Must be the same object each time the component is rendered: another object begins
 * another list.
 * @param query - Values of the filter. Other values restart the list.
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
