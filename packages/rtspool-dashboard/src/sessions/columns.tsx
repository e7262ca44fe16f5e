import { nodeText, ownerText, transportText } from '../api/session-view.js'
import { Button, type Column } from '../elements/index.js'
import {
  bytesColumn,
  clientColumns,
  lossColumn,
  pathColumn,
  textColumn,
} from '../lists/client-columns.js'
import { WatchButton } from '../watch/watch-button.js'
import { bitrateText, bytesText, durationText } from '../words/quantities.js'
import type { SessionRow } from './bitrates.js'

/** Actions of the buttons in a row of the table of sessions. */
export interface RowActions {
  readonly watch: (path: string) => void
  readonly show: (session: SessionRow) => void
  /** Opens the dialog that ends a session; absent if the user may not end sessions. */
  readonly end: ((session: SessionRow) => void) | undefined
}

/**
 * Returns the columns of the table of live sessions. The id of a sortable column is the sort order
 * of the API.
 *
 * @param isCluster - `true` adds the column with the server of each session.
 */
export function sessionColumns(
  { watch, show, end }: RowActions,
  isCluster: boolean,
): readonly Column<SessionRow>[] {
  const name = (session: SessionRow): string => `${ownerText(session)} at ${session.paths[0]}`
  return [
    ...(isCluster ? [nodeColumn] : []),
    ...clientColumns,
    {
      ...pathColumn,
      cell: ({ paths: [path] }) =>
        path && (
          <WatchButton path={path} kind="link" onClick={() => watch(path)}>
            {path}
          </WatchButton>
        ),
    },
    textColumn('transport', 'Transport', '7.5rem', carrierText),
    { id: 'state', title: 'State', width: '6.5rem', cell: ({ state }) => state },
    {
      id: 'age',
      title: 'Age',
      width: '6.5rem',
      ...sortableNumber,
      cell: ({ createdTime }) => sinceText(createdTime),
    },
    {
      id: 'idle',
      title: 'Idle',
      width: '5.5rem',
      ...sortableNumber,
      cell: ({ lastAccessTime }) => sinceText(lastAccessTime),
    },
    { ...bytesColumn, isSortable: true },
    {
      id: 'bitrate',
      title: 'Bitrate',
      width: '6rem',
      isNumber: true,
      cell: ({ bitrate }) => (bitrate === undefined ? '…' : bitrateText(bitrate)),
    },
    { ...lossColumn, isSortable: true },
    {
      id: 'queue',
      title: 'Queue',
      width: '6rem',
      ...sortableNumber,
      cell: ({ queuedBytes }) => bytesText(queuedBytes),
    },
    {
      id: 'actions',
      title: 'Actions',
      // With one more column, both buttons need a larger share of the row.
      width: isCluster ? '10rem' : '9rem',
      cell: (session) => (
        <>
          <Button label={`Details of ${name(session)}`} onClick={() => show(session)}>
            Details
          </Button>{' '}
          {end && (
            <Button kind="danger" label={`End ${name(session)}`} onClick={() => end(session)}>
              End
            </Button>
          )}
        </>
      ),
    },
  ]
}

const nodeColumn = textColumn('node', 'Server', '5.5rem', ({ node }: SessionRow) =>
  node === undefined ? undefined : nodeText(node),
)

const sortableNumber = { isNumber: true, isSortable: true } as const

function carrierText(session: SessionRow): string {
  const { tunnel, isSecure } = session
  const parts = [transportText(session), tunnel && `in ${tunnel}`, isSecure && 'TLS']
  return parts.filter(Boolean).join(', ')
}

const sinceText = (time: string): string => durationText(Date.now() - Date.parse(time))
