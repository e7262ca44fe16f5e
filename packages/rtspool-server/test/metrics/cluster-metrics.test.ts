import { expect, it } from 'vitest'
import { defineClusterMetrics } from '../../src/metrics/cluster-metrics.js'
import { PrometheusMetrics } from '../../src/metrics/prometheus.js'

it('tells the state, the credits and the failures of the server in its cluster', async () => {
  const set = new PrometheusMetrics()
  const counts = { sessions: 3, credits: 5, waiting: 2, failures: 7 }
  const stats = { ...counts, droppedRemovals: 0, refusedBans: 0, state: 'degraded' } as const
  defineClusterMetrics(set, { stats: () => stats })
  const lines = (await set.text()).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'rtspool_cluster_state{state="degraded"} 1',
      'rtspool_cluster_state{state="active"} 0',
      'rtspool_cluster_credits 5',
      'rtspool_cluster_waiting 2',
      'rtspool_cluster_store_failures_total 7',
    ]),
  )
})
