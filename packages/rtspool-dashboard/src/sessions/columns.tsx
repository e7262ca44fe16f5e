import { lossOf, ownerText } from '../api/session-view.js'
import { Button, type Column } from '../elements/index.js'
import { WatchButton } from '../watch/watch-button.js'
import { bitrateText, bytesText, durationText, shareText } from '../words/quantities.js'
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
 */
export function sessionColumns({ watch, show, end }: RowActions): readonly Column<SessionRow>[] {
  const name = (session: SessionRow): string => `${ownerText(session)} at ${session.paths[0]}`
  return [
    {
      id: 'user',
      title: 'User',
      width: '8rem',
      cell: ({ user }) => user,
      hint: ({ user }) => user,
    },
    {
      id: 'address',
      title: 'Address',
      width: '8.5rem',
      cell: ({ address }) => address,
      hint: ({ address }) => address,
    },
    {
      id: 'agent',
      title: 'Program',
      width: '9rem',
      cell: ({ userAgent }) => userAgent,
      hint: ({ userAgent }) => userAgent,
    },
    {
      id: 'path',
      title: 'Path',
      width: '10rem',
      cell: ({ paths: [path] }) =>
        path && (
          <WatchButton path={path} kind="link" onClick={() => watch(path)}>
            {path}
          </WatchButton>
        ),
      hint: ({ paths }) => paths.join(', '),
    },
    {
      id: 'transport',
      title: 'Transport',
      width: '6.5rem',
      cell: transportText,
      hint: transportText,
    },
    { id: 'state', title: 'State', width: '6rem', cell: ({ state }) => state },
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
    {
      id: 'bytes',
      title: 'Bytes',
      width: '5.5rem',
      ...sortableNumber,
      cell: ({ stats }) => bytesText(stats.bytesIn + stats.bytesOut),
    },
    {
      id: 'bitrate',
      title: 'Bitrate',
      width: '6rem',
      isNumber: true,
      cell: ({ bitrate }) => (bitrate === undefined ? '…' : bitrateText(bitrate)),
    },
    {
      id: 'loss',
      title: 'Loss',
      width: '5rem',
      ...sortableNumber,
      cell: ({ stats }) => shareText(lossOf(stats)),
    },
    {
      id: 'queue',
      title: 'Queue',
      width: '5.5rem',
      ...sortableNumber,
      cell: ({ queuedBytes }) => bytesText(queuedBytes),
    },
    {
      id: 'actions',
      title: 'Actions',
      width: '9rem',
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

const sortableNumber = { isNumber: true, isSortable: true } as const

const transportText = ({ transport, tunnel, isSecure }: SessionRow): string =>
  [transport, tunnel && `in ${tunnel}`, isSecure && 'TLS'].filter(Boolean).join(', ')

const sinceText = (time: string): string => durationText(Date.now() - Date.parse(time))
