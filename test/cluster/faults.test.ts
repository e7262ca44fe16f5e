import { describe, expect, it } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { faults } from './support/faults.js'
import { judge } from './support/judgement.js'
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
