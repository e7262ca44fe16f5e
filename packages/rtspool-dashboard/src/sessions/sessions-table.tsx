import type { JSX } from 'preact'
import type { SessionView } from '../api/session-view.js'
import { Button } from '../elements/index.js'
import { bytesText, durationText } from '../words/quantities.js'
import type { SessionList } from './session-list.js'

interface SessionsTableProps {
  readonly list: SessionList
  /** True if the person may end sessions. */
  readonly mayEnd: boolean
  /** Shows the live picture of a path. */
  readonly watch: (path: string) => void
}

const columns: readonly { readonly title: string; readonly isNumber?: boolean }[] = [
  ...[{ title: 'Path' }, { title: 'Does' }, { title: 'User' }, { title: 'Address' }],
  ...[{ title: 'Program' }, { title: 'Transport' }],
  ...[{ title: 'Bytes', isNumber: true }, { title: 'Since', isNumber: true }, { title: '' }],
]

/** Lists sessions, each with a button that ends it. */
export function SessionsTable({ list, mayEnd, watch }: SessionsTableProps): JSX.Element {
  const sessions = list.shown.value
  return (
    <section aria-labelledby="sessions">
      <header>
        <h1 id="sessions">Sessions ({sessions.length})</h1>
        <input
          type="search"
          aria-label="Filter by path, user, address or program"
          placeholder="Filter"
          value={list.filter}
          onInput={({ currentTarget }) => {
            list.filter.value = currentTarget.value
          }}
        />
      </header>
      <p role="alert">{list.problem}</p>
      <p role="alert">{list.actionProblem}</p>
      <table>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th key={title} scope="col" class={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <Row key={session.publicId} {...{ session, list, mayEnd, watch }} />
          ))}
        </tbody>
      </table>
      {sessions.length === 0 && <p class="hint">Nobody is here.</p>}
      {list.isCut.value && <p class="hint">The server has more sessions than these.</p>}
    </section>
  )
}

function Row({
  session,
  list,
  mayEnd,
  watch,
}: SessionsTableProps & { readonly session: SessionView }) {
  const { paths, stats, user, address, userAgent, transport } = session
  const [path] = paths
  const name = `${user ?? address} at ${path}`
  return (
    <tr>
      <td>
        {path && (
          <button type="button" class="link" onClick={() => watch(path)}>
            {path}
          </button>
        )}
      </td>
      <td>{session.action === 'publish' ? 'publishes' : session.state.toLowerCase()}</td>
      <td>{user ?? ''}</td>
      <td>{address}</td>
      <td title={userAgent}>{userAgent}</td>
      <td>{transport}</td>
      <td class="number">{bytesText(stats.bytesIn + stats.bytesOut)}</td>
      <td class="number">{durationText(Date.now() - Date.parse(session.createdTime))}</td>
      <td>
        {mayEnd && (
          <Button label={`End ${name}`} onClick={() => void list.kick(session)}>
            End
          </Button>
        )}
      </td>
    </tr>
  )
}
