import assert from 'node:assert/strict'
import { publicIdOf } from '../../session-pool/session-id.js'
import type { SessionBinding } from '../../session-pool/session-owner.js'
import { type ConformanceTest, countedIds } from './suite.js'

const address = '192.0.2.1'
const elsewhere = '192.0.2.2'

/** Conformance tests of session ids, and of the owners of sessions. */
export const ownerTests: readonly ConformanceTest[] = [
  [
    'ids: 32 characters of A-Z a-z 0-9 _ . and no two alike',
    ({ create }) => {
      const pool = create()
      const ids = Array.from({ length: 3000 }, () => pool.create().id)
      for (const id of ids) assert.match(id, /^[A-Za-z0-9_.]{32}$/)
      assert.equal(new Set(ids).size, ids.length)
    },
  ],
  [
    'ids: all characters are equally likely at every position',
    ({ create }) => {
      const pool = create()
      const count = 6_400
      // Frequency of each character code at each position.
      const counts = Array.from({ length: 32 }, () => new Uint32Array(128))
      for (let index = 0; index < count; index++) {
        const session = pool.create()
        const { id } = session
        for (const [place, at] of counts.entries()) {
          const code = id.charCodeAt(place)
          at[code] = (at[code] ?? 0) + 1
        }
        session.end()
      }
      const expected = count / 64
      for (const at of counts) {
        const seen = at.filter((n) => n > 0)
        assert.equal(seen.length, 64)
        const chiSquare = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
        // 63 degrees of freedom: a value below 20 or above 135 comes up once in a million.
        assert.ok(chiSquare > 20 && chiSquare < 135, `chi-square ${chiSquare}`)
      }
    },
  ],
  [
    'ids: the codec creates them',
    ({ create }) => {
      const pool = create({ idCodec: { createId: countedIds() } })
      assert.equal(pool.create().id, 's1')
    },
  ],
  [
    'public id: 22 characters that do not reveal the id, the same each time',
    ({ create }) => {
      const session = create().create()
      assert.match(session.publicId, /^[A-Za-z0-9_-]{22}$/)
      assert.equal(session.publicId, publicIdOf(session.id))
      assert.equal(session.publicId, session.publicId)
      assert.equal(session.id.includes(session.publicId), false)
    },
  ],
  [
    'public id: finds the session without touching it, until it is removed',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create()
      const { publicId, lastAccessAt } = session
      clock.stall(1000)
      assert.equal(pool.findByPublicId(publicId), session)
      assert.equal(session.lastAccessAt, lastAccessAt)
      assert.equal(pool.findByPublicId(session.id), undefined)
      session.end()
      assert.equal(pool.findByPublicId(publicId), undefined)
      assert.equal(session.publicId, publicId)
    },
  ],
  [
    'public id: read for the first time after the end, it does not restore the session',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      session.end()
      assert.equal(pool.findByPublicId(session.publicId), undefined)
    },
  ],
  [
    'owner: an IPv6 client may continue from another address of its network',
    ({ create }) => {
      const pool = create()
      const { id } = pool.create({ owner: { address: '2001:db8:1:2::1' } })
      const isFound = (from: string) => pool.find(id, { address: from }) !== undefined
      assert.deepEqual(
        ['2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:3::1', '2001:db8::1', '192.0.2.7'].map(
          isFound,
        ),
        [true, false, false, false],
      )
      const local = pool.create({ owner: { address: 'fe80::1%eth0' } })
      assert.equal(pool.find(local.id, { address: 'fe80::2%eth0' }), undefined)
    },
  ],
  [
    'owner: each policy allows only its claimants',
    ({ create, clock }) => {
      const [mine, other] = [{}, {}]
      const udp = { address, user: 'ann' }
      const tcp = { ...udp, connection: mine }
      const table = [
        ['the owner', udp, udp, { owner: true, address: true, none: true }],
        ['the owner on a new connection', udp, tcp, { owner: true, address: true, none: true }],
        [
          'another address',
          udp,
          { ...udp, address: elsewhere },
          { owner: false, address: false, none: true },
        ],
        ['another user', udp, { ...udp, user: 'bob' }, { owner: false, address: true, none: true }],
        ['no user', udp, { address }, { owner: false, address: true, none: true }],
        [
          'a user where there was none',
          { address },
          udp,
          { owner: false, address: true, none: true },
        ],
        [
          'the same connection',
          tcp,
          { ...udp, connection: mine },
          { owner: true, address: true, none: true },
        ],
        [
          'another connection',
          tcp,
          { ...udp, connection: other },
          { owner: false, address: true, none: true },
        ],
        ['no connection', tcp, udp, { owner: false, address: true, none: true }],
      ] as const
      for (const sessionBinding of ['owner', 'address', 'none'] satisfies SessionBinding[]) {
        const pool = create({ sessionBinding })
        let refused = 0
        for (const [name, owner, claimant, accepted] of table) {
          const session = pool.create({ owner })
          const { lastAccessAt } = session
          clock.stall(1)
          const found = pool.find(session.id, claimant)
          assert.equal(
            found,
            accepted[sessionBinding] ? session : undefined,
            `${sessionBinding}: ${name}`,
          )
          if (found !== undefined) continue
          refused++
          assert.equal(session.lastAccessAt, lastAccessAt, `${name} touched`)
          assert.equal(pool.find(session.id), session)
        }
        assert.equal(pool.stats().foreignClaims, refused)
      }
    },
  ],
  [
    'owner: a session may be bound to a connection later, and unbound again',
    ({ create }) => {
      const pool = create()
      const connection = {}
      const owner = { address, user: 'ann' }
      const session = pool.create({ owner })
      assert.equal(session.owner, owner)
      session.bindConnection(connection)
      assert.deepEqual(session.owner, { ...owner, connection })
      assert.equal(pool.find(session.id, owner), undefined)
      assert.equal(pool.find(session.id, { ...owner, connection }), session)
      session.bindConnection(undefined)
      assert.equal(pool.find(session.id, owner), session)
      assert.throws(() => pool.create().bindConnection(connection), TypeError)
    },
  ],
  [
    'owner: is not compared if the session has no owner or find gets no claimant',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      assert.equal(pool.find(session.id, { address }), session)
      const owned = pool.create({ owner: { address } })
      assert.equal(pool.find(owned.id), owned)
    },
  ],
  [
    'owner: find by a stranger does not revive a due session and returns the same',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create({ owner: { address } })
      clock.stall(65_000)
      assert.equal(pool.find(session.id, { address: elsewhere }), undefined)
      assert.equal(pool.find(session.id, { address }), undefined)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'owner: claims of strangers do not keep a session alive',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const session = pool.create({ owner: { address } })
      for (let half = 0; half < 129; half++) {
        clock.advance(500)
        assert.equal(pool.find(session.id, { address: elsewhere }), undefined)
      }
      assert.equal(pool.size, 1)
      clock.advance(750)
      assert.equal(pool.size, 0)
    },
  ],
]
