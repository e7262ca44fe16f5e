import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { maxTimeout } from '../../session-pool/session-init.js'
import { type ConformanceTest, countedIds, failuresDuring, removalsOf, withCode } from './suite.js'

/** Conformance tests of a session in a pool: its properties, media and counters. */
export const sessionTests: readonly ConformanceTest[] = [
  [
    'sessionid: cannot be changed',
    ({ create }) => {
      const session = create().create()
      assert.throws(() => ((session as { id: string }).id = 'other'), TypeError)
    },
  ],
  [
    'timeout: is 60 by default; the pool or create can set it',
    ({ create }) => {
      assert.equal(create().create().timeout, 60)
      assert.equal(create({ timeout: 30 }).create().timeout, 30)
      assert.equal(create({ timeout: 30 }).create({ timeout: 20 }).timeout, 20)
      assert.equal(create({ timeout: 30 }).create({ timeout: undefined }).timeout, 30)
    },
  ],
  [
    'timeout: 0 is never',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create({ timeout: 0 })
      clock.stall(1e12)
      assert.equal(session.remaining(), Number.POSITIVE_INFINITY)
      assert.equal(session.isExpired(), false)
      assert.equal(pool.cleanup(), 0)
      assert.equal(pool.find(session.id), session)
    },
  ],
  [
    'timeout: anything but whole seconds up to 2^31 is a RangeError',
    ({ create }) => {
      const session = create().create()
      for (const wrong of [-1, 0.5, Number.NaN, maxTimeout + 1, '60']) {
        assert.throws(() => (session.timeout = wrong as number), RangeError)
        assert.throws(() => (session.extraTimeout = wrong as number), RangeError)
      }
      session.timeout = maxTimeout
      session.extraTimeout = maxTimeout
    },
  ],
  [
    'timeout: a change takes effect at once, and wakes a watch that sleeps longer',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const session = pool.create({ timeout: 3600, extraTimeout: 0 })
      clock.advance(10_000)
      session.timeout = 11
      assert.equal(session.remaining(), 1000)
      clock.advance(999)
      assert.equal(pool.size, 1)
      clock.advance(251)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'timeout: a longer one, or 0, takes effect at once as well',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const [longer, never] = [pool.create({ timeout: 1 }), pool.create({ timeout: 1 })]
      longer.timeout = 100
      never.timeout = 0
      clock.advance(104_999)
      assert.equal(pool.size, 2)
      clock.advance(1 + 250)
      assert.deepEqual([...pool.values()], [never])
      never.timeout = 200
      clock.advance(100_000)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'extra-timeout: is 5 by default, adds grace, and is not announced',
    ({ create, clock }) => {
      const session = create().create({ timeout: 10 })
      assert.equal(session.extraTimeout, 5)
      assert.equal(session.header, `${session.id};timeout=10`)
      clock.stall(14_999)
      assert.equal(session.isExpired(), false)
      clock.stall(1)
      assert.equal(session.isExpired(), true)
      const short = create({ extraTimeout: 0 }).create({ timeout: 10 })
      assert.equal(short.remaining(), 10_000)
      short.extraTimeout = 1
      assert.equal(short.remaining(), 11_000)
    },
  ],
  [
    'header: announces a timeout other than 60, or any; never 0',
    ({ create }) => {
      const pool = create()
      const session = pool.create()
      const { id } = session
      assert.equal(session.timeoutAlwaysVisible, false)
      assert.equal(session.header, id)
      session.timeout = 20
      assert.equal(session.header, `${id};timeout=20`)
      session.timeout = 60
      session.timeoutAlwaysVisible = true
      assert.equal(session.header, `${id};timeout=60`)
      session.timeout = 0
      assert.equal(session.header, id)
      const visible = create({ timeoutAlwaysVisible: true }).create()
      assert.equal(visible.header, `${visible.id};timeout=60`)
    },
  ],
  [
    'touch: restarts the timeout; remaining and isExpired follow',
    ({ create, clock }) => {
      const session = create().create()
      assert.equal(session.remaining(), 65_000)
      clock.stall(10_000)
      assert.equal(session.remaining(), 55_000)
      assert.equal(session.remaining(clock.now() + 5000), 50_000)
      session.touch()
      assert.equal(session.remaining(), 65_000)
      session.touch(clock.now() - 9000)
      assert.equal(session.remaining(), 65_000)
      clock.stall(65_000)
      assert.equal(session.remaining(), 0)
      assert.equal(session.isExpired(), true)
      assert.equal(session.isExpired(clock.now() - 1), false)
    },
  ],
  [
    'touch: does not revive a due session',
    ({ create, clock }) => {
      const pool = create()
      const session = pool.create()
      clock.stall(65_000)
      session.touch()
      assert.equal(session.isExpired(), true)
      assert.equal(pool.cleanup(), 1)
    },
  ],
  [
    'prevent_expire: lasts until as many allow_expire, then a full timeout starts',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const session = pool.create()
      session.preventExpire()
      session.preventExpire()
      clock.advance(1e6)
      session.allowExpire()
      clock.advance(1e6)
      assert.equal(session.remaining(), Number.POSITIVE_INFINITY)
      session.allowExpire()
      assert.equal(session.remaining(), 65_000)
      clock.advance(64_999)
      assert.equal(pool.size, 1)
      clock.advance(251)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'allow_expire: without a prevent it is an error',
    ({ create }) => {
      const session = create().create()
      assert.throws(() => session.allowExpire(), RangeError)
      session.preventExpire()
      session.allowExpire()
      assert.throws(() => session.allowExpire(), RangeError)
    },
  ],
  [
    'manage_media: holds a media at a path, once',
    ({ create }) => {
      const session = create().create()
      const source = { name: 'source' }
      const media = session.manageMedia('/cam', source)
      assert.equal(media.path, '/cam')
      assert.equal(media.media, source)
      assert.equal(session.manageMedia('/cam', source), media)
      assert.throws(() => session.manageMedia('/cam', { name: 'another' }), TypeError)
      assert.throws(() => session.manageMedia('cam', source), TypeError)
    },
  ],
  [
    'manage_media: throws after the session has left',
    ({ create }) => {
      const session = create().create()
      session.end('teardown')
      assert.throws(() => session.manageMedia('/cam', {}), withCode('ERR_SESSION_NOT_FOUND'))
    },
  ],
  [
    'release_media: closes the transports and returns whether other media are left',
    ({ create }) => {
      const session = create().create()
      const closed: string[] = []
      const [a, b] = [session.manageMedia('/a', {}), session.manageMedia('/b', {})]
      a.setTransport(0, { close: () => void closed.push('a0') })
      assert.equal(session.releaseMedia(a), true)
      assert.equal(session.releaseMedia(a), true)
      assert.equal(session.getMedia('/a'), undefined)
      assert.deepEqual(closed, ['a0'])
      assert.equal(session.releaseMedia(b), false)
    },
  ],
  [
    'get_media: returns the longest matching path that ends at a slash, and its length',
    ({ create }) => {
      const session = create().create()
      const paths = ['/test', '/test/deep', '/tes']
      const media = new Map(paths.map((path) => [path, session.manageMedia(path, path)]))
      const table = [
        ['/test', '/test', 5],
        ['/test/track1', '/test', 5],
        ['/test/deep', '/test/deep', 10],
        ['/test/deep/0', '/test/deep', 10],
        ['/test/deeper', '/test', 5],
        ['/tes', '/tes', 4],
        ['/testing', undefined, 0],
        ['/te', undefined, 0],
        ['/', undefined, 0],
        ['', undefined, 0],
      ] as const
      for (const [path, expected, matched] of table) {
        const found = session.getMedia(path)
        assert.equal(found?.media, expected && media.get(expected), path)
        assert.equal(found?.matched ?? 0, matched, path)
      }
      const root = session.manageMedia('/', 'root')
      assert.deepEqual(session.getMedia('/other/track'), { media: root, matched: 1 })
    },
  ],
  [
    'filter of a session: keep, ref and remove its media',
    ({ create }) => {
      const session = create().create()
      const [a, b, c] = ['/a', '/b', '/c'].map((path) => session.manageMedia(path, {}))
      assert.ok(a && b && c)
      assert.deepEqual(session.filter(), [a, b, c])
      const answers = { '/a': 'remove', '/b': 'keep', '/c': 'ref' } as const
      assert.deepEqual(
        session.filter((media) => answers[media.path as '/a']),
        [c],
      )
      assert.ok(a.released)
      assert.deepEqual(session.filter(), [b, c])
      assert.throws(() => session.filter((() => Promise.resolve('keep')) as never), TypeError)
    },
  ],
  [
    'allocate channels: 0-1, then 2-3, and so on up to 254-255',
    ({ create }) => {
      const media = create().create().manageMedia('/cam', {})
      assert.deepEqual(media.allocateChannels(), [0, 1])
      assert.deepEqual(media.allocateChannels(), [2, 3])
      for (let first = 4; first < 256; first += 2) media.allocateChannels()
      assert.throws(() => media.allocateChannels(), withCode('ERR_UNSUPPORTED_TRANSPORT'))
    },
  ],
  [
    'transports: replaced ones are closed, all are closed on release',
    ({ create }) => {
      const media = create().create().manageMedia('/cam', {})
      const closed: string[] = []
      const transport = (name: string) => ({ close: () => void closed.push(name) })
      const [a, b, c] = [transport('a'), transport('b'), transport('c')]
      media.setTransport(0, a)
      media.setTransport(0, a)
      assert.equal(media.getTransport(0), a)
      assert.deepEqual(closed, [])
      media.setTransport(0, b)
      media.setTransport(1, c)
      assert.deepEqual(closed, ['a'])
      assert.equal(media.removeTransport(1), true)
      assert.equal(media.removeTransport(1), false)
      assert.equal(media.transports.size, 1)
      media.release()
      media.release()
      assert.deepEqual(closed, ['a', 'c', 'b'])
      assert.throws(
        () => media.setTransport(0, transport('late')),
        withCode('ERR_SESSION_NOT_FOUND'),
      )
      assert.deepEqual(closed, ['a', 'c', 'b', 'late'])
    },
  ],
  [
    'leaving: everything is released, once, after the removal and before listeners run',
    async ({ create }) => {
      const pool = create({ createSessionId: countedIds() })
      const log: string[] = []
      const session = pool.create()
      for (const path of ['/a', '/b']) {
        const media = session.manageMedia(path, {})
        media.setTransport(0, {
          close() {
            log.push(`${path} ${pool.has('s1')}`)
            throw new Error(path)
          },
        })
      }
      pool.on('sessionRemoved', (left) => log.push(`removed ${left.filter().length}`))
      const errors = await failuresDuring(() => session.end('teardown'))
      assert.deepEqual(log.slice(0, 2).sort(), ['/a false', '/b false'])
      assert.deepEqual(log.slice(2), ['removed 0'])
      assert.equal(errors.length, 2)
    },
  ],
  [
    'state: is Init at first; only the four states of RFC 2326 are valid',
    ({ create }) => {
      const session = create().create()
      assert.equal(session.state, 'Init')
      for (const state of ['Ready', 'Playing', 'Ready', 'Recording', 'Init'] as const) {
        session.state = state
        assert.equal(session.state, state)
      }
      assert.throws(() => (session.state = 'Paused' as 'Init'), TypeError)
    },
  ],
  [
    'stats: plain numbers, zero at first, that stay after the end',
    ({ create }) => {
      const session = create().create()
      session.stats.bytesOut += 100
      session.stats.packetsLost++
      session.end()
      assert.deepEqual(session.stats, {
        bytesIn: 0,
        packetsIn: 0,
        bytesOut: 100,
        packetsOut: 0,
        packetsLost: 1,
        packetsDropped: 0,
      })
    },
  ],
  [
    'data: a bag for the application, given at create or filled later',
    ({ create }) => {
      const pool = create()
      const bag = { camera: 1 } as object
      assert.equal(pool.create({ data: bag }).data, bag)
      const session = pool.create()
      assert.deepEqual(session.data, {})
      assert.equal(session.data, session.data)
    },
  ],
  [
    'end: removes the session with the reason; does nothing after that',
    ({ create }) => {
      const pool = create()
      const removals = removalsOf(pool)
      const session = pool.create()
      session.end('connectionClosed')
      session.end('kicked')
      assert.deepEqual(removals, [[session.id, 'connectionClosed']])
      assert.equal(session.isExpired(), true)
      assert.equal(session.remaining(), 0)
    },
  ],
  [
    'end: properties of a removed session stay when another takes its place',
    ({ create, clock }) => {
      const pool = create({ maxSessions: 1 })
      const first = pool.create()
      const { createdAt } = first
      clock.stall(1000)
      first.touch()
      const lastAccessAt = clock.now()
      first.end()
      clock.stall(1000)
      const second = pool.create()
      first.touch()
      first.timeout = 1
      first.preventExpire()
      first.allowExpire()
      assert.equal(first.createdAt, createdAt)
      assert.equal(first.lastAccessAt, lastAccessAt)
      assert.equal(second.createdAt, clock.now())
      assert.equal(second.remaining(), 65_000)
    },
  ],
  [
    'secret: neither console.log nor JSON shows the id',
    ({ create }) => {
      const session = create().create({ owner: { address: '192.0.2.1' } })
      const shown = inspect(session, { depth: 9, showHidden: true }) + JSON.stringify(session)
      assert.equal(shown.includes(session.id), false)
    },
  ],
]
