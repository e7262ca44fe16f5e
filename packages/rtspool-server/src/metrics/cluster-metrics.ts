import type { ClusterNode, ClusterNodeState } from 'rtspool/cluster'
import type { PrometheusMetrics } from './prometheus.js'

const states = [
  ...(['joining', 'active', 'degraded', 'fenced', 'closed'] as const),
] as const satisfies readonly ClusterNodeState[]

/** Adds the metrics of the server's membership in a cluster. */
export function defineClusterMetrics(
  set: PrometheusMetrics,
  cluster: Pick<ClusterNode, 'stats'>,
): void {
  const state = '1 for the state of this server in its cluster, 0 for the others'
  set.gauge('rtspool_cluster_state', state, ['state'], () => {
    const { state: present } = cluster.stats()
    return states.map((each) => [{ state: each }, Number(each === present)])
  })
  const credits = 'Sessions that this server may have without asking the others'
  set.gauge('rtspool_cluster_credits', credits, [], () => [[{}, cluster.stats().credits]])
  const waiting = 'Clients that wait for a place in the cluster'
  set.gauge('rtspool_cluster_waiting', waiting, [], () => [[{}, cluster.stats().waiting]])
  const failures = 'Requests to the store of the cluster that have failed'
  set.total('rtspool_cluster_store_failures_total', failures, [], () => [
    [{}, cluster.stats().failures],
  ])
}
