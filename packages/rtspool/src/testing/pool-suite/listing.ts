import assert from 'node:assert/strict'
import type { Session } from '../../session-pool/session.js'
import { removalReasons } from '../../session-pool/session-state.js'
import { type ConformanceTest, countedIds, removalsOf } from './suite.js'
import { ann, bob, eve } from './test-owners.js'

/** Conformance tests of the methods that count and list sessions, and of the counters. */
export const listingTests: readonly ConformanceTest[] = [
  [
    'reasons: each is reported and counted',
    ({ create }) => {
      const pool = create()
      const removals = removalsOf(pool)
      for (const reason of removalReasons) pool.create().end(reason)
      assert.deepEqual(
        removals.map(([, reason]) => reason),
        removalReasons,
      )
      const { removed } = pool.stats()
      assert.deepEqual(removed, Object.fromEntries(removalReasons.map((reason) => [reason, 1])))
    },
  ],
  [
    'count: by user, address and path, is correct while sessions are added and removed',
    ({ create }) => {
      const pool = create()
      const a = pool.create({ owner: ann, path: '/cam' })
      pool.create({ owner: bob })
      pool.create({ owner: eve }).manageMedia('/cam', {})
      assert.equal(pool.count({ user: 'ann' }), 2)
      assert.equal(pool.count({ address: ann.address }), 2)
      assert.equal(pool.count({ path: '/cam' }), 2)
      assert.equal(pool.count({ path: '/nowhere' }), 0)
      const media = a.manageMedia('/cam', {})
      a.manageMedia('/door', {})
      assert.equal(pool.count({ path: '/cam' }), 2)
      a.bindConnection({})
      a.releaseMedia(media)
      assert.equal(pool.count({ path: '/cam' }), 1)
      a.end()
      assert.equal(pool.count({ user: 'ann' }), 1)
      assert.equal(pool.count({ address: ann.address }), 1)
      assert.equal(pool.count({ path: '/door' }), 0)
    },
  ],
  [
    'list: pages in order of creation, stable while sessions are added and removed',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      for (let count = 0; count < 10; count++) pool.create()
      const first = pool.list({ limit: 4 })
      const idsOf = (page: { sessions: readonly Session[] }) => page.sessions.map(({ id }) => id)
      assert.deepEqual(idsOf(first), ['s1', 's2', 's3', 's4'])
      for (const id of ['s2', 's4', 's5']) pool.get(id)?.end()
      pool.create()
      const second = pool.list({ limit: 4, cursor: first.cursor })
      assert.deepEqual(idsOf(second), ['s6', 's7', 's8', 's9'])
      const third = pool.list({ limit: 4, cursor: second.cursor })
      assert.deepEqual(idsOf(third), ['s10', 's11'])
      assert.equal(third.cursor, undefined)
      const { sessions, cursor } = create().list()
      assert.deepEqual({ sessions, cursor }, { sessions: [], cursor: undefined })
    },
  ],
  [
    'list: by user, address, path and state',
    ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      for (const owner of [ann, bob, eve, ann, bob]) pool.create({ owner })
      pool.get('s4')?.manageMedia('/cam', {})
      pool.get('s1')?.manageMedia('/cam', {})
      for (const id of ['s1', 's3']) Object.assign(pool.get(id) as Session, { state: 'Playing' })
      const ids = (query: Parameters<typeof pool.list>[0]) =>
        pool.list(query).sessions.map(({ id }) => id)
      assert.deepEqual(ids({ user: 'ann' }), ['s1', 's3', 's4'])
      assert.deepEqual(ids({ address: ann.address }), ['s1', 's2', 's4', 's5'])
      assert.deepEqual(ids({ address: ann.address, user: 'ann' }), ['s1', 's4'])
      assert.deepEqual(ids({ path: '/cam' }), ['s1', 's4'])
      assert.deepEqual(ids({ state: 'Playing' }), ['s1', 's3'])
      assert.deepEqual(ids({ state: 'Playing', path: '/cam' }), ['s1'])
      assert.deepEqual(ids({ user: 'nobody' }), [])
      const page = pool.list({ user: 'ann', limit: 1 })
      assert.deepEqual(ids({ user: 'ann', limit: 1, cursor: page.cursor }), ['s3'])
    },
  ],
  [
    'list: an invalid limit or cursor is a RangeError',
    ({ create }) => {
      const pool = create()
      for (const limit of [0, -1, 1001, 1.5]) assert.throws(() => pool.list({ limit }), RangeError)
      for (const cursor of ['', '!', 'x'.repeat(40)]) {
        assert.throws(() => pool.list({ cursor }), RangeError)
      }
    },
  ],
  [
    'stats: created, removed, size and high-water mark add up',
    ({ create }) => {
      const pool = create()
      const sessions = [1, 2, 3].map(() => pool.create())
      sessions[0]?.end()
      sessions[1]?.end()
      pool.create()
      const { created, size, highWaterMark, removed } = pool.stats()
      assert.deepEqual([created, size, highWaterMark, removed.removed], [4, 2, 3, 2])
    },
  ],
]
