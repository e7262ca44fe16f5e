import assert from 'node:assert/strict'
import { type ConformanceTest, withCode } from './suite.js'

const ann = { address: '192.0.2.1', user: 'ann' }
const bob = { address: '192.0.2.1', user: 'bob' }

/**
 * Conformance tests of the functions for operators: bans, groups, records of removed sessions, and
 * changes of live sessions. The names of the tests begin with 6.
 */
export const operatorTests: readonly ConformanceTest[] = [
  [
    'ban: refuses new sessions until it ends, and leaves present ones',
    async ({ create, clock }) => {
      const pool = create()
      const present = pool.create({ owner: ann })
      const ban = pool.bans.add({ user: 'ann', seconds: 60 })
      assert.throws(() => pool.create({ owner: ann }), withCode('ERR_BANNED'))
      await assert.rejects(pool.admit({ owner: ann }), withCode('ERR_BANNED'))
      pool.create({ owner: bob })
      assert.equal(pool.find(present.id), present)
      assert.equal(ban.hits, 2)
      assert.equal(pool.stats().refused.bans, 2)
      clock.advance(60_000)
      pool.create({ owner: ann })
      pool.close()
    },
  ],
  [
    'kick with a ban: keeps the user out, and not the neighbour at the same address',
    ({ create }) => {
      const pool = create()
      const session = pool.create({ owner: ann })
      pool.create({ owner: bob })
      pool.kick({ user: 'ann' }, { reason: 'noise', ban: {} })
      assert.equal(session.removalReason, 'kicked')
      assert.equal(session.removalNote, 'noise')
      assert.throws(() => pool.create({ owner: ann }), withCode('ERR_BANNED'))
      pool.create({ owner: bob })
      assert.equal(pool.count({ user: 'bob' }), 2)
    },
  ],
  [
    'groups: are counted, limited and kicked',
    ({ create }) => {
      const pool = create({ maxSessionsPerGroup: { plan: { free: 1 } } })
      const session = pool.create({ groups: { plan: 'free' } })
      assert.deepEqual(session.groups, { plan: 'free' })
      const full = withCode('ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create({ groups: { plan: 'free' } }), full)
      pool.create({ groups: { plan: 'gold' } })
      assert.equal(pool.count({ group: { plan: 'free' } }), 1)
      assert.deepEqual(pool.kick({ group: { plan: 'free' } }), [session])
      pool.create({ groups: { plan: 'free' } })
    },
  ],
  [
    'leavers: the latest sessions that have left, with their reasons',
    ({ create }) => {
      const pool = create({ maxLeavers: 2 })
      const sessions = [pool.create(), pool.create({ owner: ann }), pool.create()]
      for (const session of sessions) session.end('teardown')
      const names = [...pool.leavers].map(({ publicId }) => publicId)
      assert.deepEqual(names, [sessions[2]?.publicId, sessions[1]?.publicId])
      const { leavers } = pool.leavers.list({ user: 'ann', reason: 'teardown' })
      assert.deepEqual(
        leavers.map(({ publicId }) => publicId),
        [sessions[1]?.publicId],
      )
    },
  ],
  [
    'list: sorts by a figure, and pages through equal ones',
    ({ create }) => {
      const pool = create()
      const bytes = [5, 1, 5, 9, 1]
      for (const bytesOut of bytes) pool.create().stats.bytesOut = bytesOut
      const read: number[] = []
      let cursor: string | undefined
      do {
        const page = pool.list({ sort: 'bytes', limit: 2, cursor })
        read.push(...page.sessions.map(({ stats }) => stats.bytesOut))
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepEqual(read, [9, 5, 5, 1, 1])
    },
  ],
  [
    'max-lifetime: can be set while a session lives',
    ({ create, clock }) => {
      const pool = create({ timeout: 0 })
      const session = pool.create()
      clock.advance(100_000)
      session.maxLifetime = 101
      assert.equal(pool.cleanup(), 0)
      clock.advance(1000)
      assert.equal(pool.cleanup(), 1)
      assert.equal(session.removalReason, 'lifetime')
    },
  ],
]
