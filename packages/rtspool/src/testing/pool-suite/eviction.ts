import assert from 'node:assert/strict'
import { type ConformanceTest, countedIds, removalsOf } from './suite.js'
import { ann, eve } from './test-owners.js'

/** Conformance tests of the policy that evicts a silent session when a limit is reached. */
export const evictionTests: readonly ConformanceTest[] = [
  [
    'policy evictOldestIdle: evicts the longest silent session, in any state',
    ({ create, clock }) => {
      const pool = create({
        maxSessions: 3,
        fullPolicy: 'evictOldestIdle',
        createSessionId: countedIds(),
      })
      const removals = removalsOf(pool)
      const [s1, s2, s3] = [1, 2, 3].map(() => {
        clock.stall(1000)
        return pool.create()
      })
      assert.ok(s1 && s2 && s3)
      s2.state = 'Playing'
      s1.touch()
      pool.create()
      assert.deepEqual(removals, [['s2', 'evicted']])
      clock.stall(1000)
      pool.find(s3.id)
      pool.create()
      assert.deepEqual(removals.slice(1), [['s1', 'evicted']])
      for (const session of pool.values()) session.state = 'Playing'
      pool.create()
      assert.deepEqual(removals.slice(2), [['s4', 'evicted']])
      assert.equal(pool.size, 3)
    },
  ],
  [
    'policy evictOldestIdle: evicts sessions that are kept from expiring last',
    ({ create, clock }) => {
      const pool = create({
        maxSessions: 2,
        fullPolicy: 'evictOldestIdle',
        createSessionId: countedIds(),
      })
      const removals = removalsOf(pool)
      const [s1] = [pool.create(), pool.create()]
      s1.preventExpire()
      clock.stall(1000)
      pool.create()
      assert.deepEqual(removals, [['s2', 'evicted']])
      clock.stall(1000)
      s1.allowExpire()
      pool.create()
      clock.stall(1000)
      pool.create()
      assert.deepEqual(removals.slice(1), [
        ['s3', 'evicted'],
        ['s1', 'evicted'],
      ])
    },
  ],
  [
    'policy evictOldestIdle: for a limit per address or user, evicts one of their sessions',
    ({ create }) => {
      const pool = create({
        maxSessionsPerAddress: 1,
        fullPolicy: 'evictOldestIdle',
        createSessionId: countedIds(),
      })
      const removals = removalsOf(pool)
      pool.create({ owner: eve })
      pool.create({ owner: ann })
      pool.create({ owner: ann })
      assert.deepEqual(removals, [['s2', 'evicted']])
    },
  ],
]
