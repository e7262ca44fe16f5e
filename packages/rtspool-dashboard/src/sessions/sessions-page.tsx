import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Button, type RowWindow, type Sorting, Table } from '../elements/index.js'
import { FilterBar } from '../filters/filter-bar.js'
import { type FilterValues, filterOf, sessionFields } from '../filters/session-filter.js'
import { emptyText } from '../lists/empty-text.js'
import { replaceQuery, route } from '../navigation/route.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { WatchDialog } from '../watch/watch-dialog.js'
import { countText } from '../words/quantities.js'
import type { SessionRow } from './bitrates.js'
import { sessionColumns } from './columns.js'
import { EndAllDialog, EndDialog } from './end-dialogs.js'
import { defaultSorting, LiveSessions } from './live-sessions.js'
import { SessionDialog } from './session-dialog.js'
import { missingText } from './session-words.js'

/** Dialog that is open above the table. */
type Opened =
  | { readonly kind: 'watch'; readonly path: string }
  | { readonly kind: 'details' | 'end'; readonly session: SessionRow }
  | { readonly kind: 'endAll'; readonly filter: FilterValues }

/** Page with the live sessions, which can be filtered, sorted, shown, changed and ended. */
export function SessionsPage(): JSX.Element {
  const visitor = useVisitor()
  const [opened, open] = useState<Opened | undefined>(undefined)
  const { query } = route.value
  const sorting = sortingOf(query)
  const sessions = useSessions(query, sorting)
  const mayEnd = visitor.can('operator')
  const unheard = sessions.unheard.value
  const isCluster = unheard !== undefined
  const columns = useMemo(
    () =>
      sessionColumns(
        {
          watch: (path) => open({ kind: 'watch', path }),
          show: (session) => open({ kind: 'details', session }),
          end: mayEnd ? (session) => open({ kind: 'end', session }) : undefined,
        },
        isCluster,
      ),
    [mayEnd, isCluster],
  )
  const { list } = sessions
  const onWindow = useCallback((rows: RowWindow) => list.see(rows), [list])
  const filter = filterOf(query)
  const hasFilter = Object.keys(filter).length > 0
  return (
    <>
      <h1>Sessions ({countOf(sessions, hasFilter)})</h1>
      <FilterBar
        label="Text in user, address, program or path"
        fields={sessionFields}
        values={query}
        onChange={replaceQuery}
      >
        {mayEnd && (
          <Button
            kind="danger"
            disabled={!hasFilter}
            onClick={() => open({ kind: 'endAll', filter })}
          >
            End all of the filter …
          </Button>
        )}
      </FilterBar>
      <p role="alert">{list.problem}</p>
      <p role="status">{missingText(unheard)}</p>
      <Table
        label="Live sessions"
        columns={columns}
        rows={list.rows.value}
        keyOf={keyOf}
        sorting={sorting}
        onSort={({ column: sort, order }) => replaceQuery({ ...query, sort, order })}
        onWindow={onWindow}
        isBusy={list.isLoading.value}
        newer={isNewestFirst(sorting) ? list.newer.value : 0}
        empty={emptyText(list, hasFilter ? 'No session matches the filter.' : 'Nobody is here.')}
      />
      <OpenedDialog
        opened={opened}
        onEnded={() => void sessions.refresh()}
        close={() => open(undefined)}
      />
    </>
  )
}

const keyOf = ({ publicId }: SessionRow): string => publicId

function sortingOf({ sort, order }: FilterValues): Sorting {
  if (sort === undefined) return defaultSorting
  return { column: sort, order: order === 'ascending' ? 'ascending' : 'descending' }
}

/** Returns whether a sort order puts the newest sessions first, so that new rows at the top are new sessions. */
const isNewestFirst = ({ column, order }: Sorting): boolean =>
  column === defaultSorting.column && order === defaultSorting.order

/** Hook that reads the sessions with the filter and sort order in the URL of the page. */
function useSessions(query: FilterValues, sorting: Sorting): LiveSessions {
  const visitor = useVisitor()
  const sessions = useMemo(() => new LiveSessions(visitor), [visitor])
  const wanted = JSON.stringify([filterOf(query), sorting])
  useEffect(() => () => sessions.close(), [sessions])
  useEffect(() => void sessions.show(query, sorting), [sessions, wanted])
  return sessions
}

/** Formats the number of sessions. With a filter and more sessions than were read, the number ends with `+`. */
function countOf({ list, total }: LiveSessions, hasFilter: boolean): string {
  const read = list.rows.value.length + list.newer.value
  if (!list.hasMore.value) return countText(read)
  return hasFilter ? `${countText(read)}+` : countText(Math.max(read, total.value ?? 0))
}

interface OpenedDialogProps {
  readonly opened: Opened | undefined
  readonly onEnded: () => void
  readonly close: () => void
}

function OpenedDialog({ opened, onEnded, close }: OpenedDialogProps): JSX.Element | null {
  switch (opened?.kind) {
    case 'watch':
      return <WatchDialog path={opened.path} close={close} />
    case 'details':
      return <SessionDialog publicId={opened.session.publicId} close={close} />
    case 'end':
      return <EndDialog session={opened.session} onEnded={onEnded} close={close} />
    case 'endAll':
      return <EndAllDialog filter={opened.filter} onEnded={onEnded} close={close} />
    default:
      return null
  }
}
