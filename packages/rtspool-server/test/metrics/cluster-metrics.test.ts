import { expect, it } from 'vitest'
import { defineClusterMetrics } from '../../src/metrics/cluster-metrics.js'
import { PrometheusMetrics } from '../../src/metrics/prometheus.js'

/** Lines of the metrics of a server in a cluster of three, in this state. */
async function linesOf(state: 'active' | 'degraded', isAway = false): Promise<string[]> {
  const set = new PrometheusMetrics()
  const counts = { sessions: 3, credits: 5, waiting: 2, failures: 7, storeAwayMs: 1500, joins: 2 }
  const stats = { ...counts, droppedRemovals: 0, refusedBans: 0, state }
  const node = { name: undefined, address: undefined, live: 1, protocol: 1 }
  const nodes = async () => {
    if (isAway) throw new Error('away')
    return [
      { ...node, tag: 'a', state: 'active' as const },
      { ...node, tag: 'b', state: 'active' as const },
      { ...node, tag: 'c', state: 'suspect' as const },
    ]
  }
  const pull = { path: '/x', from: 'a', bytes: 9 }
  const pulls = () => [
    { ...pull, state: 'playing' as const },
    { ...pull, state: 'waiting' as const },
    { ...pull, state: 'waiting' as const },
  ]
  defineClusterMetrics(set, { node: { stats: () => stats, nodes }, pulls })
  return (await set.text()).split('\n')
}

it('tells the state, the credits and the failures of the server in its cluster', async () => {
  expect(await linesOf('degraded')).toEqual(
    expect.arrayContaining([
      'rtspool_cluster_state{state="degraded"} 1',
      'rtspool_cluster_state{state="active"} 0',
      'rtspool_cluster_credits 5',
      'rtspool_cluster_waiting 2',
      'rtspool_cluster_store_failures_total 7',
      'rtspool_cluster_store_away_seconds_total 1.5',
      'rtspool_cluster_joins_total 2',
      'rtspool_cluster_pulls{state="playing"} 1',
      'rtspool_cluster_pulls{state="waiting"} 2',
      'rtspool_cluster_pulls{state="failed"} 0',
    ]),
  )
})

it('tells the servers of the cluster, and claims none while the store does not reply', async () => {
  expect(await linesOf('active')).toEqual(
    expect.arrayContaining([
      'rtspool_cluster_nodes{state="active"} 2',
      'rtspool_cluster_nodes{state="suspect"} 1',
      'rtspool_cluster_nodes{state="dead"} 0',
    ]),
  )
  for (const lines of [await linesOf('degraded'), await linesOf('active', true)]) {
    expect(lines.filter((line) => line.startsWith('rtspool_cluster_nodes'))).toEqual([])
  }
})
