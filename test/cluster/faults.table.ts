import { appendFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { faults } from './support/faults.js'
import { judge } from './support/judgement.js'
import { TestCluster } from './support/test-cluster.js'

// Each fault under each policy, with each server program that is here, on three nodes that have as many sessions as their
// limit allows: `npm run test:cluster` prints what was seen.

const times = {
  ...{ leaseMs: 2000, graceMs: 2000, warmMs: 2000 },
  ...{ beatMs: 300, flushMs: 100, timeoutMs: 500 },
}
const { RTSPOOL_CLUSTER_TABLE, RTSPOOL_CLUSTER_PROGRAMS = 'redis-server' } = process.env
const { RTSPOOL_CLUSTER_SESSIONS = '3000' } = process.env
const maxSessions = Number(RTSPOOL_CLUSTER_SESSIONS)
/** Time in which each node alone could create as many sessions as the limit allows, in seconds. */
const fillSeconds = 20

for (const program of RTSPOOL_CLUSTER_PROGRAMS.split(',')) {
  for (const { name, isAppendOnly = false, run } of faults) {
    for (const policy of ['keep', 'strict'] as const) {
      it(`${program.split('/').at(-1)}, ${policy}: ${name}`, async () => {
        const cluster = await TestCluster.start({
          ...{
            nodes: 3,
            policy,
            times,
            maxSessions,
            maxOfUser: 0,
            overdraft: 0,
            program,
            isAppendOnly,
          },
          ...{ createsPerSecond: maxSessions / fillSeconds, lifeMs: 20_000, fillsFirst: true },
        })
        try {
          await cluster.fill(60_000)
          await run(cluster)
          const restMs = await cluster.rest(60_000)
          const { problems, ...seen } = judge(cluster.history(), cluster.settings)
          if (RTSPOOL_CLUSTER_TABLE !== undefined) {
            const row = { program: program.split('/').at(-1), name, policy, ...seen, restMs }
            const line = JSON.stringify({ ...row, problems: problems.length })
            appendFileSync(RTSPOOL_CLUSTER_TABLE, `${line}\n`)
          }
          expect(problems).toEqual([])
          expect(seen.live).toBeGreaterThanOrEqual(maxSessions)
          if (policy === 'keep') expect(seen.lost).toBe(0)
        } finally {
          await cluster.stop()
        }
      })
    }
  }
}
