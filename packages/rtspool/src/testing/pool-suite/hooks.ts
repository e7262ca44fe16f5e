import assert from 'node:assert/strict'
import { Session } from '../../session-pool/session.js'
import { type ConformanceTest, countedIds, failuresDuring, removalsOf, withCode } from './suite.js'

/**
 * Conformance tests of the application's code that a pool calls: listeners, and options that create
 * ids and sessions.
 */
export const hookTests: readonly ConformanceTest[] = [
  [
    'session-removed: is emitted exactly once for each session, for every reason',
    ({ create, clock }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(() => pool.create())
      assert.ok(a && b && c && d && e)
      pool.remove(a)
      b.end('kicked')
      pool.filter((session) => (session === c ? 'remove' : 'keep'))
      clock.stall(65_000)
      pool.find(d.id)
      pool.cleanup()
      for (const session of [a, b, c, d, e]) {
        pool.remove(session)
        session.end()
      }
      pool.close()
      assert.deepEqual(removals, [
        ['s1', 'removed'],
        ['s2', 'kicked'],
        ['s3', 'filtered'],
        ['s4', 'timeout'],
        ['s5', 'timeout'],
      ])
    },
  ],
  [
    'session-removed: listeners see a pool that is consistent and unlocked, and may call it',
    ({ create }) => {
      const pool = create({ maxSessions: 3, createSessionId: countedIds() })
      for (let count = 0; count < 3; count++) pool.create()
      const seen: string[] = []
      pool.on('sessionRemoved', (session) => {
        assert.equal(pool.has(session.id), false)
        assert.equal(pool.find(session.id), undefined)
        assert.equal(pool.remove(session), false)
        seen.push(session.id)
        if (seen.length === 1) {
          assert.equal(pool.create().id, 's4')
          pool.get('s3')?.end('kicked')
        }
      })
      pool.filter((session) => (session.id === 's1' || session.id === 's3' ? 'remove' : 'keep'))
      assert.deepEqual(seen, ['s1', 's3'])
      assert.deepEqual([...pool.keys()], ['s2', 's4'])
    },
  ],
  [
    'session-removed: a listener that throws or rejects does not disturb the pool or other listeners',
    async ({ create }) => {
      const pool = create()
      const session = pool.create()
      const error = new Error('from a listener')
      pool.on('sessionRemoved', () => {
        throw error
      })
      const late = new Error('from an async listener')
      pool.on('sessionRemoved', () => Promise.reject(late))
      const removals = removalsOf(pool)
      const errors = await failuresDuring(() => assert.equal(pool.remove(session), true))
      assert.deepEqual(errors, [error, late])
      assert.equal(removals.length, 1)
      assert.equal(pool.size, 0)
      pool.create()
    },
  ],
  [
    'create_session_id: an option creates ids',
    ({ create }) => {
      const pool = create({ createSessionId: () => 'mine.0001' })
      assert.equal(pool.create().id, 'mine.0001')
    },
  ],
  [
    'create_session_id: an option that throws or returns no id leaves no trace',
    ({ create }) => {
      const error = new Error('no ids today')
      const failing = create({
        createSessionId() {
          throw error
        },
      })
      assert.throws(() => failing.create(), error)
      const empty = create({ createSessionId: () => '' })
      assert.throws(() => empty.create(), TypeError)
      assert.equal(failing.size + empty.size, 0)
    },
  ],
  [
    'create_session: an option creates session objects',
    ({ create }) => {
      class Custom extends Session {
        readonly camera = 7
      }
      const pool = create({ createSession: (id, init) => new Custom(id, init) })
      const session = pool.create({ timeout: 9 })
      assert.ok(session instanceof Custom)
      assert.equal(session.timeout, 9)
      assert.equal(pool.find(session.id), session)
    },
  ],
  [
    'create_session: returning anything but a new session with the given id is a TypeError',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      const pooled = pool.create()
      for (const wrong of [undefined, {}, new Session('another'), pooled]) {
        const failing = create({
          createSessionId: () => 's1',
          createSession: () => wrong as Session,
        })
        assert.throws(() => failing.create(), TypeError)
        assert.equal(failing.size, 0)
      }
    },
  ],
  [
    'create_session: an option that uses the pool cannot break its limit or its ids',
    ({ create }) => {
      let nested = 0
      const pool = create({
        maxSessions: 2,
        createSession(id, init) {
          if (nested++ === 0) for (let count = 0; count < 2; count++) pool.create()
          return new Session(id, init)
        },
      })
      assert.throws(() => pool.create(), withCode('ERR_SESSION_POOL_FULL'))
      assert.equal(pool.size, 2)
    },
  ],
]
