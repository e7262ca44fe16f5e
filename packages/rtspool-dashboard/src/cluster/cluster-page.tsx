import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { Polled } from '../api/polled.js'
import { nodeText } from '../api/session-view.js'
import { Table } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import { ClusterLimitsForm } from './cluster-limits-form.js'
import { ClusterMap } from './cluster-map.js'
import {
  byName,
  type ClusterView,
  type MapNode,
  nodesOf,
  stateOf,
  streamRows,
} from './cluster-view.js'
import { nodeColumns, streamColumns } from './columns.js'

/** Milliseconds between two reads: servers tell of most changes without an event. */
const everyMs = 2000

/** Page with all servers of the cluster: a map of the streams that they pull from each other, and two tables. */
export function ClusterPage(): JSX.Element {
  const { client } = useVisitor()
  const polled = useMemo(
    () => new Polled(() => client.get<ClusterView>('/v1/cluster/map'), everyMs),
    [client],
  )
  useEffect(() => () => polled.close(), [polled])
  const view = polled.value.value
  const isMember = view !== undefined && view.state !== 'none'
  return (
    <>
      <h1>Cluster{isMember && ` (${countText(view.nodes.length)})`}</h1>
      <p role="alert">{polled.problem.value}</p>
      {isMember ? (
        <Servers view={view} />
      ) : (
        <p class="hint">
          {view ? 'This server is not part of a cluster.' : 'The server asks the others …'}
        </p>
      )}
    </>
  )
}

function Servers({ view }: { readonly view: ClusterView }): JSX.Element {
  const visitor = useVisitor()
  const nodes = byName(nodesOf(view))
  const columns = useMemo(() => nodeColumns(view.tag), [view.tag])
  return (
    <>
      <p role="alert">{silentText(nodes)}</p>
      <p class="hint">
        An arrow leads from the server of a publisher to a server that pulls the stream. It is
        dashed while the stream does not play.
      </p>
      <ClusterMap nodes={nodes} own={view.tag} />
      <h2>Servers</h2>
      <Table label="Servers" columns={columns} rows={nodes} keyOf={({ tag }) => tag} />
      <h2>Streams</h2>
      <Table
        label="Streams"
        columns={streamColumns}
        rows={streamRows(view)}
        keyOf={({ key }) => key}
        empty="No server has a publisher."
      />
      {visitor.can('admin') && <ClusterLimitsForm />}
    </>
  )
}

/** Returns a sentence that names the servers which have not answered; empty if all have. */
function silentText(nodes: readonly MapNode[]): string {
  const silent = nodes.filter(({ report }) => report === undefined)
  if (silent.length === 0) return ''
  const names = silent.map((node) => `${nodeText(node)} (${stateOf(node).text})`)
  return `Nothing is known about these servers: ${names.join(', ')}.`
}
