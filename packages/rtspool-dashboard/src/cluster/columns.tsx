import { nodeText } from '../api/session-view.js'
import type { Column } from '../elements/index.js'
import { textColumn } from '../lists/client-columns.js'
import { bytesText, countText, durationText } from '../words/quantities.js'
import { type MapNode, type NodeReport, type StreamRow, stateOf } from './cluster-view.js'

/** Columns of the table of servers. Of a server that has not answered, only name and state are known. */
export const nodeColumns = (own: string | undefined): readonly Column<MapNode>[] => [
  textColumn('node', 'Server', '9rem', nodeText),
  {
    id: 'state',
    title: 'State',
    width: '8.5rem',
    cell: (node) => {
      const { text, kind } = stateOf(node)
      return <span class={kind}>{text}</span>
    },
    hint: (node) => stateOf(node).text,
  },
  textColumn('tag', 'Tag', '11.5rem', ({ tag }) => (tag === own ? `${tag} (this server)` : tag)),
  numberColumn('sessions', 'Sessions', ({ sessions }) => sessions),
  numberColumn('viewers', 'Viewers', ({ viewers }) => viewers),
  { ...numberColumn('publishers', 'Publishers', (report) => report.publishers), width: '7.2rem' },
  numberColumn('pulls', 'Pulls', ({ pullCount }) => pullCount),
  numberColumn('credits', 'Credits', ({ credits }) => credits),
  numberColumn('waiting', 'Waiting', ({ waiting }) => waiting),
  {
    ...textColumn<MapNode>('store', 'Store', '11rem', ({ report }) => report && storeText(report)),
    hint: ({ report }) => report && storeHint(report),
  },
  textColumn('version', 'Version', '6rem', ({ report }) => report?.version),
  {
    ...{ id: 'uptime', title: 'Uptime', width: '7rem', isNumber: true },
    cell: ({ report }) => report && durationText(report.uptimeSeconds * 1000),
  },
]

/** Creates a column with a number from the report of a server. */
function numberColumn(
  id: string,
  title: string,
  read: (report: NodeReport) => number,
): Column<MapNode> {
  return {
    ...{ id, title, width: '6.5rem', isNumber: true },
    cell: ({ report }) => report && countText(read(report)),
  }
}

/** Returns whether a server reaches the store of the cluster, and how long the store has been away so far. */
function storeText({ state, storeAwaySeconds }: NodeReport): string {
  const now = state === 'degraded' ? 'away' : 'connected'
  return storeAwaySeconds < 1 ? now : `${now}, ${durationText(storeAwaySeconds * 1000)} away`
}

const storeHint = ({ storeAwaySeconds, storeFailures, joins }: NodeReport): string =>
  `The store was away for ${durationText(storeAwaySeconds * 1000)} so far. Failed requests: ${countText(storeFailures)}. Joins: ${countText(joins)}.`

/** Columns of the table of streams and their pulls. */
export const streamColumns: readonly Column<StreamRow>[] = [
  textColumn('path', 'Path', '12rem', ({ path }) => path),
  textColumn('server', 'Server of the publisher', '12rem', ({ server }) => server),
  textColumn('by', 'Pulled by', '12rem', ({ by }) => by),
  textColumn('state', 'State of the pull', '9rem', ({ pull }) => pull?.state),
  {
    ...{ id: 'bytes', title: 'Bytes', width: '6rem', isNumber: true },
    cell: ({ pull }) => pull && bytesText(pull.bytes),
  },
]
