import { SessionPool } from 'rtspool'
import { expect, it, onTestFinished } from 'vitest'
import { nodeReport } from '../../src/cluster/node-report.js'

const counts = { sessions: 2, credits: 9, waiting: 1, failures: 3, storeAwayMs: 2500, joins: 2 }
const stats = { ...counts, state: 'active', droppedRemovals: 0, refusedBans: 0 } as const

it('counts sessions by their use, and lists the first pulls', () => {
  const pool = new SessionPool()
  onTestFinished(() => pool.close())
  for (let n = 0; n < 2; n++) pool.create({ path: '/cam' })
  const pulls = Array.from({ length: 120 }, (_, n) => ({
    ...{ path: `/${n}`, from: '0a1b2c3d', state: 'playing' as const, bytes: n },
  }))
  const report = nodeReport({
    ...{ rtsp: { pool, isDraining: true }, node: { stats: () => stats }, pulls, version: '1.2.3' },
  })
  expect(report).toMatchObject({
    ...{ version: '1.2.3', state: 'active', isDraining: true, sessions: 2 },
    ...{ viewers: 0, publishers: 0, credits: 9, waiting: 1, storeFailures: 3 },
    ...{ storeAwaySeconds: 2.5, joins: 2, pullCount: 120 },
  })
  expect(report.pulls.map(({ path }) => path)).toEqual(pulls.slice(0, 100).map(({ path }) => path))
})
