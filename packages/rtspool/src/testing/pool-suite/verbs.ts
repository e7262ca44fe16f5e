import assert from 'node:assert/strict'
import { Session } from '../../session-pool/session.js'
import { FilterResult } from '../../session-pool/session-state.js'
import { type ConformanceTest, countedIds, removalsOf, withCode } from './suite.js'

/**
 * Conformance tests of the functions that a pool has in common with GstRTSPSessionPool, such as
 * `create`, `find` and `filter`.
 */
export const verbTests: readonly ConformanceTest[] = [
  [
    'new: a pool is empty and has no limit',
    ({ create }) => {
      const pool = create()
      assert.equal(pool.size, 0)
      assert.equal(pool.maxSessions, 0)
      for (let count = 0; count < 1000; count++) pool.create()
      assert.equal(pool.size, 1000)
    },
  ],
  [
    'max-sessions: can be read, set and given as an option',
    ({ create }) => {
      const pool = create({ maxSessions: 3 })
      assert.equal(pool.maxSessions, 3)
      pool.maxSessions = 2 ** 32 - 1
      assert.equal(pool.maxSessions, 2 ** 32 - 1)
    },
  ],
  [
    'max-sessions: anything but an unsigned integer is a RangeError and changes nothing',
    ({ create }) => {
      const pool = create({ maxSessions: 3 })
      for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, '4', null]) {
        assert.throws(() => (pool.maxSessions = wrong as number), RangeError)
        if (wrong !== null)
          assert.throws(() => create({ maxSessions: wrong as number }), RangeError)
      }
      assert.equal(pool.maxSessions, 3)
    },
  ],
  [
    'max-sessions: lowering it below the size removes no session, only later creates fail',
    ({ create }) => {
      const pool = create()
      const removals = removalsOf(pool)
      for (let count = 0; count < 3; count++) pool.create()
      pool.maxSessions = 2
      assert.equal(pool.size, 3)
      assert.deepEqual(removals, [])
      assert.throws(() => pool.create(), withCode('ERR_SESSION_POOL_FULL'))
    },
  ],
  [
    'get_n_sessions: size follows create and remove',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      assert.equal(pool.size, 1)
      pool.remove(session)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'create: the session has a new id and is touched now',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create()
      assert.ok(session instanceof Session)
      assert.equal(session.createdAt, clock.now())
      assert.equal(session.lastAccessAt, clock.now())
      assert.notEqual(pool.create().id, session.id)
    },
  ],
  [
    'create: on a full pool throws ERR_SESSION_POOL_FULL with status 503 and leaves no trace',
    ({ create }) => {
      const pool = create({ maxSessions: 1 })
      pool.create()
      let created = 0
      pool.on('sessionCreated', () => created++)
      assert.throws(
        () => pool.create(),
        (error: unknown) =>
          withCode('ERR_SESSION_POOL_FULL')(error) &&
          (error as { statusCode: number }).statusCode === 503,
      )
      assert.equal(pool.size, 1)
      assert.equal(created, 0)
      assert.equal(pool.stats().created, 1)
    },
  ],
  [
    'create: draws another id if one is taken',
    ({ create }) => {
      const ids = ['a', 'a', 'a', 'b']
      const pool = create({ createSessionId: () => ids.shift() ?? 'c' })
      assert.equal(pool.create().id, 'a')
      assert.equal(pool.create().id, 'b')
      assert.deepEqual(ids, [])
    },
  ],
  [
    'create: throws ERR_SESSION_ID_COLLISION after 100 taken ids and leaves no trace',
    ({ create }) => {
      let draws = 0
      const pool = create({
        createSessionId() {
          draws++
          return 'same'
        },
      })
      const first = pool.create()
      draws = 0
      assert.throws(() => pool.create(), withCode('ERR_SESSION_ID_COLLISION'))
      assert.equal(draws, 100)
      assert.deepEqual([...pool.values()], [first])
    },
  ],
  [
    'create: an invalid init leaves no trace',
    ({ create }) => {
      const pool = create()
      for (const init of [{ timeout: -1 }, { extraTimeout: 0.5 }, { timeout: 2 ** 31 + 1 }]) {
        assert.throws(() => pool.create(init), RangeError)
      }
      // Milliseconds in place of seconds would mean never.
      for (const expiresAt of [Number.NaN, Date.now()]) {
        assert.throws(() => pool.create({ expiresAt }), RangeError)
      }
      assert.equal(pool.size, 0)
      assert.deepEqual([...pool.keys()], [])
    },
  ],
  [
    'find: returns the session and touches it',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create()
      clock.stall(1000)
      assert.equal(pool.find(session.id), session)
      assert.equal(session.lastAccessAt, clock.now())
    },
  ],
  [
    'find: returns undefined for an unknown id, an empty id and a value that is no string',
    ({ create }) => {
      const pool = create()
      const { id } = pool.create()
      for (const wrong of ['', 'nobody', `${id} `, id.slice(1), undefined, null, 7, {}]) {
        assert.equal(pool.find(wrong as string), undefined)
      }
    },
  ],
  [
    'find: ids are compared exactly, case and all',
    ({ create }) => {
      const pool = create({ createSessionId: () => 'AbCdEfGh' })
      pool.create()
      assert.equal(pool.find('abcdefgh'), undefined)
      assert.equal(pool.find('ABCDEFGH'), undefined)
      assert.ok(pool.find('AbCdEfGh'))
    },
  ],
  [
    'remove: returns whether the session was in this pool, and sets its reason',
    ({ create }) => {
      const pool = create()
      const removals = removalsOf(pool)
      const session = pool.create()
      assert.equal(pool.remove(session, 'kicked'), true)
      assert.equal(pool.remove(session, 'teardown'), false)
      assert.equal(pool.find(session.id), undefined)
      assert.deepEqual(removals, [[session.id, 'kicked']])
      assert.equal(session.removalReason, 'kicked')
    },
  ],
  [
    'remove: the default reason is removed',
    ({ create }) => {
      const pool = create()
      const removals = removalsOf(pool)
      const session = pool.create()
      pool.remove(session)
      assert.deepEqual(removals, [[session.id, 'removed']])
    },
  ],
  [
    'remove: compares the identity of the session, never the text of its id',
    ({ create }) => {
      const createSessionId = () => 'shared'
      const [mine, other] = [create({ createSessionId }), create({ createSessionId })]
      const session = mine.create()
      const stranger = other.create()
      assert.equal(mine.remove(stranger), false)
      assert.equal(mine.remove(new Session('shared')), false)
      assert.equal(mine.find('shared'), session)
      assert.equal(other.find('shared'), stranger)
    },
  ],
  [
    'filter: keep, ref and remove keep, list and remove',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      const [first, second, third] = [pool.create(), pool.create(), pool.create()]
      const answers = { s1: 'ref', s2: 'keep', s3: 'remove' } as const
      const seen: unknown[] = []
      const listed = pool.filter((session, shown) => {
        seen.push(shown)
        return answers[session.id as 's1']
      })
      assert.deepEqual(listed, [first])
      assert.deepEqual(seen, [pool, pool, pool])
      assert.equal(pool.find('s2'), second)
      assert.equal(pool.find('s3'), undefined)
      assert.ok(third.isExpired())
      assert.deepEqual(removals, [['s3', 'filtered']])
    },
  ],
  [
    'filter: the constants of FilterResult are valid results',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      assert.deepEqual(
        pool.filter(() => FilterResult.KEEP),
        [],
      )
      assert.deepEqual(
        pool.filter(() => FilterResult.REF),
        [session],
      )
      assert.deepEqual(
        pool.filter(() => FilterResult.REMOVE),
        [],
      )
      assert.equal(pool.size, 0)
    },
  ],
  [
    'filter: without a function lists all sessions',
    ({ create }) => {
      const pool = create()
      const sessions = [pool.create(), pool.create()]
      assert.deepEqual(new Set(pool.filter()), new Set(sessions))
    },
  ],
  [
    'filter: every verb called on the pool meanwhile throws ERR_SESSION_POOL_LOCKED',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      const verbs: Record<string, () => unknown> = {
        create: () => pool.create(),
        find: () => pool.find(session.id),
        remove: () => pool.remove(session),
        end: () => session.end('kicked'),
        filter: () => pool.filter(),
        cleanup: () => pool.cleanup(),
        createWatch: () => pool.createWatch(),
        startCleanup: () => pool.startCleanup(),
        close: () => pool.close(),
        maxSessions: () => (pool.maxSessions = 1),
        setLimits: () => pool.setLimits({ maxSessions: 1 }),
      }
      const locked: string[] = []
      pool.filter(() => {
        for (const [name, verb] of Object.entries(verbs)) {
          assert.throws(verb, withCode('ERR_SESSION_POOL_LOCKED'), name)
          locked.push(name)
        }
        return 'keep'
      })
      assert.deepEqual(locked, Object.keys(verbs))
      assert.equal(pool.find(session.id), session)
      assert.equal(pool.maxSessions, 0)
    },
  ],
  [
    'filter: an exception unlocks the pool, propagates, and keeps the results so far',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      for (let count = 0; count < 3; count++) pool.create()
      const error = new Error('from fn')
      let shown: string | undefined
      assert.throws(() => {
        pool.filter(({ id }) => {
          if (shown !== undefined) throw error
          shown = id
          return 'remove'
        })
      }, error)
      assert.deepEqual(removals, [[shown, 'filtered']])
      assert.equal(pool.size, 2)
      pool.create()
    },
  ],
  [
    'filter: an invalid result, such as a promise, is a TypeError',
    ({ create }) => {
      const pool = create()
      pool.create()
      for (const wrong of [Promise.resolve('keep'), undefined, true, 0, 'KEEP', null]) {
        assert.throws(() => pool.filter(() => wrong as 'keep'), TypeError)
      }
      assert.equal(pool.size, 1)
    },
  ],
  [
    'cleanup: removes every due session and returns their number',
    ({ create, clock }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      pool.create({ timeout: 1 })
      pool.create({ timeout: 2 })
      pool.create({ timeout: 600 })
      assert.equal(pool.cleanup(), 0)
      clock.stall(7000)
      assert.equal(pool.cleanup(), 2)
      assert.deepEqual(removals.sort(), [
        ['s1', 'timeout'],
        ['s2', 'timeout'],
      ])
      assert.equal(pool.cleanup(), 0)
    },
  ],
  [
    'cleanup: accepts a time other than the present',
    ({ create, clock }) => {
      const pool = create()
      pool.create({ timeout: 60 })
      assert.equal(pool.cleanup(clock.now() + 64_999), 0)
      assert.equal(pool.cleanup(clock.now() - 1e9), 0)
      assert.equal(pool.cleanup(clock.now() + 65_000), 1)
      pool.create({ timeout: 60 })
      clock.stall(64_999)
      assert.equal(pool.cleanup(), 0)
      clock.stall(1)
      assert.equal(pool.cleanup(clock.now()), 1)
    },
  ],
]
