import { describe, expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { until } from '../interop/support/process.js'
import { faults } from './support/faults.js'
import { judge, nodesWithStrangers } from './support/judgement.js'
import { TestCluster } from './support/test-cluster.js'

// Three processes with one limit on a real redis-server. Sessions come and go all the time, while Redis and the routes to it
// fail in turn. Afterwards, one order of the ledger's steps must explain what all three have seen.

const missing = reasonToSkip('redis-server')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const times = {
  ...{ leaseMs: 1200, graceMs: 1200, warmMs: 1200 },
  ...{ beatMs: 200, flushMs: 100, timeoutMs: 400 },
}
/** Short forms of the faults, which follow each other in one history. */
const chosen = [
  'Redis is killed, and is back with its file',
  'Redis stands still, half as long as a death takes',
  'Redis is killed, and is back at once without data',
  'one node is partitioned, and then another one killed',
]

describe.skipIf(missing !== undefined)('three nodes through faults of Redis and its routes', () => {
  for (const policy of ['keep', 'strict'] as const) {
    it.concurrent(`${policy}: an order explains it, and the limit holds`, async () => {
      const cluster = await TestCluster.start({
        ...{ nodes: 3, policy, times, maxSessions: 24, maxOfUser: 9, overdraft: 2 },
        ...{ createsPerSecond: 25, lifeMs: 800, program: 'redis-server', isAppendOnly: true },
      })
      try {
        for (const name of chosen) await faults.find((fault) => fault.name === name)?.run(cluster)
        await cluster.rest(30_000)
        const judgement = judge(cluster.history(), cluster.settings)
        expect(judgement.problems).toEqual([])
        expect(judgement.live).toBeGreaterThan(20)
        expect(judgement.requests).toBeGreaterThan(100)
        if (policy === 'keep') expect(judgement.lost).toBe(0)
        else expect(judgement.bound).toBeGreaterThanOrEqual(24)
      } finally {
        await cluster.stop()
      }
    })
  }
})

describe.skipIf(missing !== undefined)(
  'users that no node has counted, while Redis stands still',
  () => {
    it('are admitted by each node under keep, within the bound of their limit', async () => {
      const [nodes, maxOfUser, overdraft] = [3, 3, 2]
      const cluster = await TestCluster.start({
        ...{ nodes, policy: 'keep', times, maxSessions: 24, maxOfUser, overdraft },
        ...{ createsPerSecond: 25, lifeMs: 800, program: 'redis-server', isAppendOnly: false },
      })
      try {
        cluster.redis.pause()
        await settle(2 * (times.beatMs + times.timeoutMs), 'beats of all nodes fail')
        for (const node of cluster.nodes) node.strangers()
        const isThere = () => nodesWithStrangers(cluster.history()).length === nodes
        expect(await until(isThere)).toBe(true)
        cluster.redis.resume()
        await cluster.rest(30_000)
        expect(judge(cluster.history(), cluster.settings).problems).toEqual([])
      } finally {
        await cluster.stop()
      }
    })
  },
)
