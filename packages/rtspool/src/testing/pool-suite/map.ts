import assert from 'node:assert/strict'
import { SessionPool } from '../../session-pool/session-pool.js'
import { type ConformanceTest, countedIds, removalsOf, withCode } from './suite.js'

/**
 * Conformance tests of a pool as an object: its class, its end, and its methods that a `Map` has
 * too.
 */
export const mapTests: readonly ConformanceTest[] = [
  [
    'cast: a pool is instanceof SessionPool',
    ({ create }) => assert.ok(create() instanceof SessionPool),
  ],
  [
    'finalize: close removes every session with poolClosed, refuses later creates, is idempotent',
    ({ create, clock }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      pool.startCleanup()
      pool.createWatch(() => true)
      pool.create()
      pool.create()
      pool.close()
      pool.close()
      assert.deepEqual(removals, [
        ['s1', 'poolClosed'],
        ['s2', 'poolClosed'],
      ])
      assert.equal(pool.size, 0)
      assert.equal(clock.pendingTimers, 0)
      assert.throws(() => pool.create(), withCode('ERR_SESSION_POOL_CLOSED'))
      assert.equal(pool.find('s1'), undefined)
    },
  ],
  [
    'finalize: Symbol.dispose closes',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      pool[Symbol.dispose]()
      assert.ok(pool.closed)
      assert.equal(session.removalReason, 'poolClosed')
    },
  ],
  [
    'map: has and get read without touching',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create()
      const { lastAccessAt } = session
      clock.stall(70_000)
      assert.equal(pool.has(session.id), true)
      assert.equal(pool.get(session.id), session)
      assert.equal(pool.has('nobody'), false)
      assert.equal(pool.get('nobody'), undefined)
      assert.equal(session.lastAccessAt, lastAccessAt)
    },
  ],
  [
    'map: keys, values, entries, the iterator and forEach follow the order of creation',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      const sessions = [pool.create(), pool.create(), pool.create()]
      const entries = sessions.map((session) => [session.id, session])
      assert.deepEqual([...pool.keys()], ['s1', 's2', 's3'])
      assert.deepEqual([...pool.values()], sessions)
      assert.deepEqual([...pool.entries()], entries)
      assert.deepEqual([...pool], entries)
      const seen: unknown[] = []
      pool.forEach(function (this: unknown, session, id, shown) {
        seen.push([id, session, shown === pool, this])
      }, 'this')
      assert.equal(seen.length, 3)
      assert.deepEqual((seen[0] as unknown[]).slice(0, 3), ['s1', sessions[0], true])
    },
  ],
  [
    'map: sessions may be added and removed during an iteration',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      for (let count = 0; count < 5; count++) pool.create()
      const seen: string[] = []
      for (const [id, session] of pool) {
        seen.push(id)
        if (id === 's1') pool.get('s2')?.end()
        if (id === 's3') session.end()
        if (id === 's4') pool.create()
        if (seen.length > 9) break
      }
      assert.deepEqual(seen, ['s1', 's3', 's4', 's5', 's6'])
    },
  ],
]
