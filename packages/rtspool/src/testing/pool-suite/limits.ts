import assert from 'node:assert/strict'
import { type ConformanceTest, countedIds, refusedBy, removalsOf } from './suite.js'
import { ann, bob, eve } from './test-owners.js'

/** Conformance tests of the limits on the number and the life of sessions, and of the refusals that name them. */
export const limitTests: readonly ConformanceTest[] = [
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
]
