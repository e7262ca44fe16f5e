import assert from 'node:assert/strict'
import type { AdmissionControl, AdmissionRequest } from '../../session-pool/admission/admission.js'
import type { Session } from '../../session-pool/session.js'
import { removalReasons } from '../../session-pool/session-state.js'
import { type ConformanceTest, countedIds, removalsOf, withCode } from './suite.js'

const ann = { address: '192.0.2.1', user: 'ann' }
const bob = { address: '192.0.2.1', user: 'bob' }
const eve = { address: '192.0.2.2', user: 'ann' }

function refusedBy(limit: string, code: 'ERR_SESSION_POOL_FULL' | 'ERR_SESSION_PATH_FULL') {
  return (error: unknown): boolean =>
    withCode(code)(error) && (error as { context: { limit: string } }).context.limit === limit
}

/** Conformance tests of admission and removal: limits, hooks, eviction and reasons. */
export const admissionTests: readonly ConformanceTest[] = [
  [
    'limit maxSessionsPerAddress: each address has its own limit',
    ({ create }) => {
      const pool = create({ maxSessionsPerAddress: 2 })
      const session = pool.create({ owner: ann })
      pool.create({ owner: bob })
      const refused = refusedBy('maxSessionsPerAddress', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create({ owner: ann }), refused)
      pool.create({ owner: eve })
      pool.create()
      session.end()
      pool.create({ owner: ann })
    },
  ],
  [
    'limit maxSessionsPerAddress: counts a /64 IPv6 network as one address',
    ({ create }) => {
      const pool = create({ maxSessionsPerAddress: 2 })
      const at = (address: string) => pool.create({ owner: { address } })
      at('2001:db8:1:2::1')
      const second = at('2001:db8:1:2:aaaa:bbbb:cccc:dddd')
      const refused = refusedBy('maxSessionsPerAddress', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => at('2001:db8:1:2:ffff::9'), refused)
      at('2001:db8:1:3::1')
      at('192.0.2.7')
      assert.equal(pool.count({ address: '2001:db8:1:2:1234::' }), 2)
      assert.equal(pool.list({ address: '2001:db8:1:2::' }).sessions.length, 2)
      assert.equal(pool.count({ address: '2001:db8:1:4::1' }), 0)
      second.end()
      at('2001:db8:1:2:ffff::9')
    },
  ],
  [
    'limit maxSessionsPerUser: counts a user over all addresses; anonymous clients have no limit',
    ({ create }) => {
      const pool = create({ maxSessionsPerUser: 1 })
      pool.create({ owner: ann })
      const refused = refusedBy('maxSessionsPerUser', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create({ owner: eve }), refused)
      pool.create({ owner: bob })
      for (let count = 0; count < 3; count++) pool.create({ owner: { address: ann.address } })
    },
  ],
  [
    'limit maxSessionsPerPath: at create, or when a path is set up later; status 453',
    ({ create }) => {
      const pool = create({ maxSessionsPerPath: 1 })
      const first = pool.create({ path: '/cam' })
      const refused = refusedBy('maxSessionsPerPath', 'ERR_SESSION_PATH_FULL')
      assert.throws(() => pool.create({ path: '/cam' }), refused)
      first.manageMedia('/cam', {})
      const second = pool.create({ path: '/door' })
      assert.throws(
        () => second.manageMedia('/cam', {}),
        (error: unknown) => refused(error) && (error as { statusCode: number }).statusCode === 453,
      )
      assert.equal(second.getMedia('/cam'), undefined)
      first.end()
      second.manageMedia('/cam', {})
      assert.equal(pool.count({ path: '/cam' }), 1)
    },
  ],
  [
    'limits: can be changed; if one is invalid, none changes',
    ({ create }) => {
      const pool = create({ maxSessions: 5 })
      pool.setLimits({ maxSessionsPerUser: 1, maxLifetime: 2.5 })
      assert.equal(pool.limits.maxSessions, 5)
      assert.equal(pool.limits.maxLifetime, 2.5)
      for (const name of Object.keys(pool.limits)) {
        const expected = name === 'maxSessionsPerGroup' ? TypeError : RangeError
        assert.throws(() => pool.setLimits({ maxSessions: 9, [name]: -1 }), expected)
        assert.throws(() => create({ [name]: Number.NaN }), expected)
      }
      assert.equal(pool.maxSessions, 5)
    },
  ],
  [
    'limits: due sessions make room first',
    ({ create, clock }) => {
      const pool = create({ maxSessionsPerAddress: 1 })
      pool.create({ owner: ann, timeout: 1 })
      clock.stall(6000)
      pool.create({ owner: ann })
      assert.equal(pool.size, 1)
    },
  ],
  [
    'limit maxIdleSetup: removes a session that has not played or recorded in time',
    ({ create, clock }) => {
      const pool = create({ maxIdleSetup: 30, createSessionId: countedIds() })
      const removals = removalsOf(pool)
      pool.startCleanup()
      const [playing, paused, idle] = [pool.create(), pool.create(), pool.create()]
      playing.state = 'Playing'
      paused.state = 'Recording'
      paused.state = 'Ready'
      idle.state = 'Ready'
      for (let second = 0; second < 29; second++) {
        clock.advance(1000)
        for (const session of pool.values()) session.touch()
      }
      assert.deepEqual(removals, [])
      clock.advance(1250)
      assert.deepEqual(removals, [[idle.id, 'idleSetup']])
    },
  ],
  [
    'limit maxLifetime: also ends sessions that are active or prevented from expiring',
    ({ create, clock }) => {
      const pool = create({ maxLifetime: 100 })
      pool.startCleanup()
      const session = pool.create({ timeout: 0 })
      session.state = 'Playing'
      session.preventExpire()
      clock.advance(99_999)
      assert.equal(session.remaining(), 1)
      clock.advance(251)
      assert.equal(session.removalReason, 'lifetime')
    },
  ],
  [
    'expiresAt: the session ends with its authorization, which may be renewed',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const now = clock.unixTimeMs() / 1000
      const session = pool.create({ timeout: 0, expiresAt: now + 50 })
      const renewed = pool.create({ timeout: 0, expiresAt: now + 50 })
      assert.equal(session.expiresAt, now + 50)
      clock.advance(49_000)
      renewed.expiresAt = now + 100
      clock.advance(1250)
      assert.equal(session.removalReason, 'authorizationExpired')
      clock.advance(49_000)
      assert.equal(pool.size, 1)
      renewed.expiresAt = undefined
      clock.advance(1e9)
      assert.equal(pool.size, 1)
    },
  ],
  [
    'expiresAt: find does not revive a session whose authorization has ended',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create({ expiresAt: clock.unixTimeMs() / 1000 + 10 })
      clock.stall(10_001)
      assert.equal(pool.find(session.id), undefined)
      assert.equal(session.removalReason, 'authorizationExpired')
    },
  ],
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
  [
    'onAdmit: without a hook everybody is admitted',
    async ({ create }) => {
      const pool = create()
      const init = await pool.admit({ owner: ann, path: '/cam' })
      const session = pool.create(init)
      assert.equal(session.owner, ann)
      assert.equal(pool.count({ path: '/cam' }), 1)
    },
  ],
  [
    'onAdmit: sync or async, admits, refuses with a status, or returns properties of the session',
    async ({ create }) => {
      const answers: Record<string, () => unknown> = {
        '/true': () => true,
        '/later': async () => true,
        '/init': async () => ({ init: { timeout: 7 } }),
        '/false': () => false,
        '/453': async () => ({ statusCode: 453, message: 'not enough' }),
        '/throws': () => {
          throw new Error('broken')
        },
      }
      const pool = create({ onAdmit: (context) => answers[context.path ?? '']?.() as boolean })
      for (const path of ['/true', '/later', '/init']) {
        const session = pool.create(await pool.admit({ owner: ann, path }))
        assert.equal(session.timeout, path === '/init' ? 7 : 60)
      }
      for (const [path, statusCode] of [
        ['/false', 403],
        ['/453', 453],
        ['/throws', 503],
      ] as const) {
        await assert.rejects(
          pool.admit({ owner: ann, path }),
          (error: unknown) =>
            withCode('ERR_SESSION_NOT_ADMITTED')(error) &&
            (error as { statusCode: number }).statusCode === statusCode,
        )
      }
      assert.equal(pool.stats().refused.onAdmit, 3)
      assert.equal(pool.size, 3)
    },
  ],
  [
    'onAdmit: is not called when a limit is already reached',
    async ({ create }) => {
      let asked = 0
      const pool = create({ maxSessions: 1, onAdmit: () => asked++ === 0 })
      pool.create()
      await assert.rejects(pool.admit({ owner: ann }), withCode('ERR_SESSION_POOL_FULL'))
      assert.equal(asked, 0)
    },
  ],
  [
    'refusals: error, event and counter name the limit',
    ({ create }) => {
      const pool = create({ maxSessions: 1 })
      const refusals: unknown[] = []
      pool.on('sessionRefused', (refusal) => refusals.push(refusal))
      pool.create()
      const refused = refusedBy('maxSessions', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create({ owner: ann, path: '/cam' }), refused)
      assert.deepEqual(refusals, [{ limit: 'maxSessions', owner: ann, path: '/cam' }])
      assert.equal(pool.stats().refused.maxSessions, 1)
    },
  ],
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
      assert.deepEqual(create().list(), { sessions: [], cursor: undefined })
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
  [
    'AdmissionControl: admits and refuses; release is called once for each session',
    ({ create }) => {
      const requests: AdmissionRequest[] = []
      const held = new Set<Session>()
      let credits = 2
      const admission: AdmissionControl = {
        tryAcquire(request) {
          requests.push(request)
          if (request.kind === 'path') return undefined
          if (credits === 0) return 'admissionControl'
          credits--
          held.add(request.session)
          return undefined
        },
        release(session) {
          assert.ok(held.delete(session))
          credits++
        },
      }
      const pool = create({ admission, maxSessions: 1 })
      const first = pool.create({ owner: ann, path: '/cam' })
      pool.create()
      const refused = refusedBy('admissionControl', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create(), refused)
      assert.equal(pool.size, 2)
      assert.equal(requests[0]?.owner, ann)
      assert.equal(requests[0]?.path, '/cam')
      assert.equal(requests[1]?.counts.sessions, 1)
      assert.equal(requests[0]?.limits.maxSessions, 1)
      first.end()
      pool.create()
      pool.close()
      assert.equal(held.size, 0)
      assert.equal(credits, 2)
    },
  ],
]
