import type { ClusterNode, ClusterNodeInfo, ClusterNodeState } from 'rtspool/cluster'
import type { StreamPull } from '../cluster/stream-pulls.js'
import type { PrometheusMetrics } from './prometheus.js'

const states = [
  ...(['joining', 'active', 'degraded', 'fenced', 'closed'] as const),
] as const satisfies readonly ClusterNodeState[]
const nodeStates = [
  ...(['active', 'suspect', 'dead'] as const),
] as const satisfies readonly ClusterNodeInfo['state'][]
const pullStates = [
  ...(['idle', 'connecting', 'playing', 'stalled', 'waiting', 'failed'] as const),
] as const satisfies readonly StreamPull['state'][]
const msPerSecond = 1000

/** Membership of a server in a cluster, and the streams that the server pulls from others. */
export interface MeasuredCluster {
  readonly node: Pick<ClusterNode, 'stats' | 'nodes'>
  pulls(): readonly StreamPull[]
}

/** Adds the metrics of the server's membership in a cluster. */
export function defineClusterMetrics(set: PrometheusMetrics, cluster: MeasuredCluster): void {
  const { node } = cluster
  const state = '1 for the state of this server in its cluster, 0 for the others'
  set.gauge('rtspool_cluster_state', state, ['state'], () => {
    const { state: present } = node.stats()
    return states.map((each) => [{ state: each }, Number(each === present)])
  })
  const nodes = 'Servers of the cluster by state; absent while the store does not reply'
  set.gauge('rtspool_cluster_nodes', nodes, ['state'], async () => {
    const { state: present } = node.stats()
    const rows = present === 'degraded' ? undefined : await node.nodes().catch(() => undefined)
    return rows ? countsOf(nodeStates, rows) : []
  })
  const credits = 'Sessions that this server may have without asking the others'
  set.gauge('rtspool_cluster_credits', credits, [], () => [[{}, node.stats().credits]])
  const waiting = 'Clients that wait for a place in the cluster'
  set.gauge('rtspool_cluster_waiting', waiting, [], () => [[{}, node.stats().waiting]])
  const pulls = 'Streams that this server pulls from others, by state'
  set.gauge('rtspool_cluster_pulls', pulls, ['state'], () => countsOf(pullStates, cluster.pulls()))
  const failures = 'Requests to the store of the cluster that have failed'
  set.total('rtspool_cluster_store_failures_total', failures, [], () => [
    [{}, node.stats().failures],
  ])
  const away = 'Seconds in which the store of the cluster has not replied'
  set.total('rtspool_cluster_store_away_seconds_total', away, [], () => [
    [{}, node.stats().storeAwayMs / msPerSecond],
  ])
  const joins = 'Joins of this server: each one after the first followed a loss of data or lease'
  set.total('rtspool_cluster_joins_total', joins, [], () => [[{}, node.stats().joins]])
}

/** Returns a series for each state: the number of rows with that state. */
const countsOf = <State extends string>(
  all: readonly State[],
  rows: readonly { readonly state: State }[],
) => all.map((state) => [{ state }, rows.filter((row) => row.state === state).length] as const)
