import { appendFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { judge } from './support/judgement.js'
import { monotonicMs } from './support/node-process.js'
import { TestCluster } from './support/test-cluster.js'

// Nodes and Redis are killed in turn while sessions come and go; then everything must agree within a minute:
// `npm run test:cluster` does it for 20 minutes.

const times = {
  ...{ leaseMs: 2000, graceMs: 2000, warmMs: 2000 },
  ...{ beatMs: 300, flushMs: 200, timeoutMs: 500 },
}
const { RTSPOOL_CLUSTER_MINUTES = '20', RTSPOOL_CLUSTER_KILLS } = process.env
const { RTSPOOL_CLUSTER_PROGRAMS = 'redis-server' } = process.env
const [program = ''] = RTSPOOL_CLUSTER_PROGRAMS.split(',')
/** More than five kills a minute: 100 in 20 minutes. */
const pauseMs = 9000

for (const policy of ['keep', 'strict'] as const) {
  it(`kills for ${RTSPOOL_CLUSTER_MINUTES} minutes, ${policy}`, async () => {
    const cluster = await TestCluster.start({
      ...{ nodes: 3, policy, times, maxSessions: 60, maxOfUser: 20, overdraft: 2 },
      ...{ createsPerSecond: 10, lifeMs: 3000, program, isAppendOnly: true },
    })
    try {
      const end = monotonicMs() + Number(RTSPOOL_CLUSTER_MINUTES) * 60_000
      let kills = 0
      while (monotonicMs() < end) {
        const victim = kills++ % 4
        if (victim === 3) await cluster.restartRedis('older', (kills % 3) * 400)
        else {
          await cluster.nodes[victim]?.kill()
          await settle(
            (kills % 5) * 1200,
            'a node is away, shorter and longer than it takes to die',
          )
          cluster.restart(victim)
        }
        await settle(pauseMs - (kills % 5) * 1200, 'sessions come and go')
      }
      await Promise.all(cluster.nodes.map((node) => node.ready()))
      const restMs = await cluster.rest(60_000)
      const { problems, ...seen } = judge(cluster.history(), cluster.settings)
      if (RTSPOOL_CLUSTER_KILLS !== undefined) {
        const line = JSON.stringify({ policy, kills, ...seen, restMs, problems: problems.length })
        appendFileSync(RTSPOOL_CLUSTER_KILLS, `${line}\n`)
      }
      expect(problems).toEqual([])
      if (policy === 'keep') expect(seen.lost).toBe(0)
    } finally {
      await cluster.stop()
    }
  })
}
