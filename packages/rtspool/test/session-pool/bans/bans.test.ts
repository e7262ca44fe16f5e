import { afterEach, describe, expect, it } from 'vitest'
import {
  type BanHit,
  type BanInit,
  type BanOptions,
  type BanSubject,
  SessionPool,
} from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const clocks: ManualClock[] = []

function setUp(bans: BanOptions = {}) {
  const clock = new ManualClock()
  clocks.push(clock)
  const pool = new SessionPool({ clock, bans })
  const events: string[] = []
  const hits: BanHit[] = []
  pool.on('banned', ({ address, user, path }) => events.push(`+${address ?? user ?? path}`))
  pool.on('unbanned', (ban, reason) => events.push(`${reason} ${ban.address ?? ban.user}`))
  pool.on('banHit', (_, hit) => hits.push(hit))
  const create = (address: string, user?: string, path?: string) =>
    pool.create({ owner: { address, user }, path })
  return { clock, pool, bans: pool.bans, events, hits, create }
}

const now = Date.UTC(2026, 0, 1) / 1000
const banned = expect.objectContaining({ code: 'ERR_BANNED', statusCode: 403 })

afterEach(() => {
  clocks.length = 0
})

describe('a subject', () => {
  it.each<[BanSubject, readonly BanSubject[], readonly BanSubject[]]>([
    [
      { address: '192.0.2.7' },
      [{ address: '192.0.2.7' }, { address: '192.0.2.7', user: 'ann' }],
      [{ address: '192.0.2.8' }, { user: 'ann' }],
    ],
    [{ address: '192.0.2.0/24' }, [{ address: '192.0.2.255' }], [{ address: '192.0.3.0' }]],
    [
      { address: '2001:db8::7' },
      [{ address: '2001:db8::8' }, { address: '2001:db8:0:0:1::' }],
      [{ address: '2001:db8:0:1::7' }],
    ],
    [
      { user: 'ann' },
      [{ user: 'ann' }, { address: '192.0.2.7', user: 'ann', path: '/cam' }],
      [{ user: 'bob' }, { address: '192.0.2.7' }],
    ],
    [{ path: '/cam' }, [{ path: '/cam' }], [{ path: '/cam/1' }, { path: '/camera' }]],
    [
      { path: '/cams/*' },
      [{ path: '/cams/1' }, { path: '/cams/1/low' }],
      [{ path: '/cams' }, { path: '/camsite/1' }],
    ],
    [{ path: '/*' }, [{ path: '/' }, { path: '/a/b' }], [{ user: 'ann' }]],
    [
      { user: 'ann', path: '/cams/*' },
      [{ user: 'ann', path: '/cams/1' }],
      [{ user: 'ann' }, { user: 'bob', path: '/cams/1' }, { user: 'ann', path: '/door' }],
    ],
    [
      { address: '192.0.2.0/24', user: 'ann', path: '/cam' },
      [{ address: '192.0.2.1', user: 'ann', path: '/cam' }],
      [
        { address: '192.0.3.1', user: 'ann', path: '/cam' },
        { address: '192.0.2.1', path: '/cam' },
        { address: '192.0.2.1', user: 'ann' },
      ],
    ],
  ])('%j keeps out who matches each part', (subject, within, outside) => {
    const { bans } = setUp()
    const ban = bans.add(subject)
    for (const client of within) expect(bans.find(client), JSON.stringify(client)).toBe(ban)
    for (const client of outside) expect(bans.find(client), JSON.stringify(client)).toBe(undefined)
    bans.remove(ban.publicId)
    for (const client of within) expect(bans.find(client)).toBe(undefined)
  })

  it.each<[unknown, string]>([
    [{}, 'expected at least one of address, user, path'],
    [{ reason: 'none' }, 'expected at least one of address, user, path'],
    [undefined, 'expected a ban, got undefined'],
    [{ address: '10.0.0.256' }, "such as '10.0.0.0/8', got '10.0.0.256'"],
    [{ address: 1 }, 'got 1'],
    [{ user: '' }, "user must be a string that is not empty, got ''"],
    ...['cam', '/*/low', '/cam/', '/cam/?x', '/a%20b', '/a/../b', '/a//b', '//*', ''].map(
      (path): [unknown, string] => [{ path }, "path must be a decoded path such as '/cam'"],
    ),
    [{ adress: '10.0.0.1' }, "did you mean 'address'?"],
    [{ user: 'ann', until: now }, 'until must be a time in the future'],
    [{ user: 'ann', until: now * 1000 }, 'are these milliseconds?'],
    [{ user: 'ann', seconds: -1 }, 'seconds must be a number of seconds from 0'],
    [{ user: 'ann', seconds: 1, until: now + 1 }, 'expected one of until and seconds, got both'],
    [{ user: 'ann', reason: 'x'.repeat(257) }, 'at most 256 characters, got 257 characters'],
    [{ user: 'ann', author: 5 }, 'author must be a text'],
  ])('%j is refused', (init, message) => {
    const { bans, events } = setUp()
    expect(() => bans.add(init as BanInit)).toThrow(message)
    expect([bans.size, events]).toEqual([0, []])
  })
})

describe('a ban', () => {
  it('refuses sessions, counts hits, and leaves present sessions', async () => {
    const { pool, bans, create, hits } = setUp()
    const ann = create('192.0.2.1', 'ann')
    const ban = bans.add({ user: 'ann', reason: 'noise', author: 'eve' })
    expect(ban).toMatchObject({ cause: 'added', reason: 'noise', author: 'eve', hits: 0 })
    expect(() => create('192.0.2.1', 'ann', '/cam')).toThrow(banned)
    await expect(pool.admit({ owner: { address: '192.0.2.1', user: 'ann' } })).rejects.toEqual(
      banned,
    )
    create('192.0.2.1', 'bob')
    expect(pool.find(ann.id)).toBe(ann)
    expect(ban.hits).toBe(2)
    expect(ban.lastHitTime).toEqual(new Date(now * 1000))
    expect(hits).toEqual([{ address: '192.0.2.1', user: 'ann', path: '/cam', count: 1 }])
    expect(pool.stats()).toMatchObject({ size: 2, refused: { bans: 2 } })
    expect(bans.stats()).toMatchObject({ size: 1, hits: 2, made: { added: 1 } })
  })

  it('emits a hit at most every ten seconds, with their number', () => {
    const { bans, clock, hits } = setUp()
    bans.add({ user: 'ann' })
    for (let second = 0; second < 21; second++) {
      bans.hit({ user: 'ann' })
      clock.advance(1000)
    }
    expect(hits.map(({ count }) => count)).toEqual([1, 10, 10])
  })

  it('keeps its reason from the client, unless the option says otherwise', () => {
    const { bans, create } = setUp()
    const ban = bans.add({ user: 'ann', reason: 'noise' })
    const errorOf = () => {
      try {
        return create('192.0.2.1', 'ann')
      } catch (error) {
        return error
      }
    }
    expect(errorOf()).toMatchObject({ context: { ban: ban.publicId } })
    expect(JSON.stringify(errorOf())).not.toContain('noise')
    bans.update({ tellReason: true })
    expect(errorOf()).toMatchObject({ context: { told: 'noise' } })
  })

  it('ends at its time, exactly, whatever the wall clock does', () => {
    const { bans, clock, events } = setUp()
    bans.add({ user: 'ann', seconds: 60 })
    bans.add({ user: 'bob', until: now + 30 })
    expect(bans.find({ user: 'ann' })?.until).toBe(now + 60)
    clock.jumpWallClock(-3_600_000)
    clock.advance(29_999)
    expect(bans.find({ user: 'bob' })).toBeDefined()
    clock.advance(1)
    expect(bans.find({ user: 'bob' })).toBe(undefined)
    clock.advance(29_999)
    expect(bans.find({ user: 'ann' })).toBeDefined()
    clock.advance(1)
    expect(bans.find({ user: 'ann' })).toBe(undefined)
    clock.advance(1000)
    expect([bans.size, clock.pendingTimers]).toEqual([0, 0])
    expect(events).toEqual(['+ann', '+bob', 'expired bob', 'expired ann'])
  })

  it('needs one timer for any number, and none once the pool has closed', () => {
    const { bans, clock, pool } = setUp()
    for (let n = 0; n < 1000; n++) bans.add({ user: `user ${n}`, seconds: 1 + (n % 100) })
    expect(clock.pendingTimers).toBe(1)
    expect(clock.scheduled).toBeLessThan(10)
    clock.advance(50_000)
    expect(bans.size).toBe(500)
    pool.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('of the same subject is replaced, and keeps its id and hits', () => {
    const { bans, events } = setUp()
    const first = bans.add({ address: '10.0.0.1/8', seconds: 60, reason: 'a' })
    bans.hit({ address: '10.9.9.9' })
    const second = bans.add({ address: '10.0.0.0/8', seconds: 30, reason: 'b' })
    expect(second).toBe(first)
    expect(second).toMatchObject({ until: now + 30, reason: 'b', hits: 1, address: '10.0.0.0/8' })
    expect([bans.size, events.length]).toEqual([1, 2])
  })

  it('shows itself without surprises', { tags: 'U-17' }, () => {
    const { bans } = setUp()
    const ban = bans.add({ user: 'ann', seconds: 60 })
    expect(JSON.parse(JSON.stringify(ban))).toEqual({
      publicId: ban.publicId,
      user: 'ann',
      until: now + 60,
      cause: 'added',
      createdTime: '2026-01-01T00:00:00.000Z',
      hits: 0,
    })
    expect(ban.publicId).toMatch(/^[\w-]{22}$/)
  })
})

describe('the list', () => {
  it('pages in order of addition while bans come and go', () => {
    const { bans } = setUp()
    for (let n = 0; n < 10; n++) bans.add({ user: `user ${n}`, reason: n % 2 ? 'Odd one' : 'even' })
    const first = bans.list({ limit: 4 })
    expect(first.bans.map(({ user }) => user)).toEqual(['user 0', 'user 1', 'user 2', 'user 3'])
    for (const ban of [...bans].slice(0, 6)) bans.remove(ban.publicId)
    bans.add({ user: 'user 10' })
    const second = bans.list({ limit: 4, cursor: first.cursor })
    expect(second.bans.map(({ user }) => user)).toEqual(['user 6', 'user 7', 'user 8', 'user 9'])
    const third = bans.list({ limit: 4, cursor: second.cursor })
    expect(third.bans.map(({ user }) => user)).toEqual(['user 10'])
    expect(third.cursor).toBe(undefined)
    // A random id has no space, so no id holds this text by chance.
    expect(bans.list({ like: 'oDD ' }).bans.length).toBe(2)
    expect(bans.list({ cause: 'kicked' }).bans.length).toBe(0)
    expect(() => bans.list({ cursor: '!' })).toThrow('no cursor')
    expect(() => bans.list({ limit: 0 })).toThrow('limit must be an integer from 1 to 1000')
    expect(() => bans.list({ cause: 'x' as never })).toThrow('cause must be one of added')
  })

  it('is stored and restored with ids and hits, without what has expired', () => {
    const { bans, clock } = setUp()
    bans.add({ address: '2001:db8::1', reason: 'noise', author: 'eve' })
    bans.add({ user: 'ann', path: '/cams/*', seconds: 3600 })
    bans.add({ user: 'bob', seconds: 60 })
    bans.hit({ address: '2001:db8::2' })
    const stored = JSON.parse(JSON.stringify(bans))
    const other = setUp()
    other.clock.jumpWallClock(60_000)
    other.bans.add({ user: 'ann', path: '/cams/*' })
    expect(other.bans.restore(stored)).toBe(1)
    expect(other.bans.restore(stored)).toBe(0)
    expect(other.bans.find({ address: '2001:db8::3' })).toMatchObject({
      publicId: stored[0].publicId,
      hits: 1,
      reason: 'noise',
      author: 'eve',
    })
    clock.advance(1)
    expect(() => bans.restore([{ ...stored[0], hits: -1 }])).toThrow('bans.restore[0]: hits')
    expect(() => other.bans.restore([stored[2], { ...stored[0], cause: 'x' }])).toThrow(
      '[1]: cause',
    )
    expect(other.bans.size).toBe(2)
  })

  it('refuses a ban when it is full, and displaces automatic ones', () => {
    const rule = { sessions: 1, windowSeconds: 10, banSeconds: 60 }
    const { bans, create, events } = setUp({ maxBans: 3, flapping: rule })
    for (const user of ['a', 'b']) create('192.0.2.1', user)
    bans.add({ user: 'c' })
    const full = expect.objectContaining({ code: 'ERR_BAN_LIST_FULL' })
    bans.add({ user: 'd' })
    expect(events.at(-2)).toBe('displaced a')
    bans.add({ user: 'e' })
    expect(() => bans.add({ user: 'f' })).toThrow(full)
    bans.add({ user: 'd', reason: 'again' })
    create('192.0.2.1', 'g')
    expect(bans.find({ user: 'g' })).toBe(undefined)
    expect([...bans].map(({ user }) => user)).toEqual(['c', 'd', 'e'])
    expect(bans.stats()).toMatchObject({ size: 3, displaced: 3, made: { flapping: 2, added: 4 } })
    const others = setUp()
    for (let n = 0; n < 4; n++) others.bans.add({ user: `user ${n}` })
    expect(() => bans.restore(others.bans.toJSON())).toThrow(full)
  })
})

describe('a kick with a ban', () => {
  it('bans the user, not the neighbour at the address', () => {
    const { pool, bans, create } = setUp()
    const ann = create('192.0.2.1', 'ann', '/cam')
    const bob = create('192.0.2.1', 'bob', '/cam')
    const ban = { seconds: 60, author: 'eve' }
    const kicked = pool.kick({ user: 'ann' }, { reason: 'noise', ban })
    expect([kicked, ann.removalReason, ann.removalNote]).toEqual([[ann], 'kicked', 'noise'])
    expect([...bans]).toEqual([expect.objectContaining({ user: 'ann', cause: 'kicked' })])
    expect([...bans][0]).toMatchObject({ address: undefined, reason: 'noise', author: 'eve' })
    expect(() => create('192.0.2.9', 'ann')).toThrow('banned')
    create('192.0.2.1', 'bob')
    expect([bob.removalReason, bob.removalNote]).toEqual([undefined, undefined])
  })

  it('bans the address of a session without user, once for many sessions', () => {
    const { pool, bans, create, events } = setUp()
    for (let n = 0; n < 5; n++) create('2001:db8::1', undefined, '/cam')
    pool.create({ path: '/cam' })
    pool.create({ owner: { address: 'pipe' }, path: '/cam' })
    let within: boolean | undefined
    pool.once('sessionRemoved', () => {
      within = bans.find({ address: '2001:db8::5' }) !== undefined
    })
    expect(pool.kick({ path: '/cam' }, { ban: {} }).length).toBe(7)
    expect(within).toBe(true)
    expect(events).toEqual(['+2001:db8::/64'])
    expect([...bans][0]).toMatchObject({ until: undefined, reason: undefined })
  })

  it('keeps a ban that ends later', () => {
    const { pool, bans, create } = setUp()
    create('192.0.2.1', 'ann')
    bans.add({ user: 'ann', reason: 'for ever' })
    pool.kick({ user: 'ann' }, { ban: { seconds: 60 } })
    expect([...bans][0]).toMatchObject({ until: undefined, reason: 'for ever', cause: 'added' })
  })

  it('bans nobody in a dry run, and removes nobody when the list is full', () => {
    const { pool, bans, create } = setUp({ maxBans: 1 })
    create('192.0.2.1', 'ann')
    create('192.0.2.1', 'bob')
    expect(pool.kick(() => true, { dryRun: true, ban: { seconds: 60 } }).length).toBe(2)
    expect(bans.size).toBe(0)
    expect(() => pool.kick(() => true, { ban: { seconds: 60 } })).toThrow(
      'the maximum number of bans is 1',
    )
    expect([pool.size, bans.size]).toEqual([2, 0])
    expect(() => pool.kick(() => true, { ban: { until: 1 } })).toThrow('in the future')
    expect(() => pool.kick(() => true, { ban: { secs: 1 } as never })).toThrow(
      "has no option 'secs'",
    )
    expect(() => pool.kick(() => true, { reason: 5 as never })).toThrow('reason must be a text')
    expect(pool.size).toBe(2)
  })
})

describe('an automatic ban', () => {
  const flapping = { sessions: 3, windowSeconds: 10, banSeconds: 60 }

  it('of who creates too many sessions counts them for the user, else for the address', () => {
    const { bans, create, clock } = setUp({ flapping, exempt: [] })
    for (const user of ['ann', 'bob', undefined]) create('192.0.2.1', user)
    clock.advance(9999)
    for (const user of ['ann', 'bob', undefined]) create('192.0.2.1', user)
    expect(bans.size).toBe(0)
    create('192.0.2.2', 'ann')
    expect(() => create('192.0.2.2', 'ann')).toThrow(banned)
    create('192.0.2.1')
    expect(() => create('192.0.2.1')).toThrow(banned)
    clock.advance(1)
    create('192.0.2.3', 'bob')
    expect([...bans].map(({ cause, user, address }) => [cause, user ?? address])).toEqual([
      ['flapping', 'ann'],
      ['flapping', '192.0.2.1'],
    ])
    expect([...bans][0]).toMatchObject({ reason: '3 sessions in 10 s', until: now + 9.999 + 60 })
    clock.advance(60_000)
    create('192.0.2.2', 'ann')
  })

  it('counts paths if asked to, and IPv6 addresses by their network', () => {
    const { bans, create } = setUp({ flapping: { ...flapping, paths: true } })
    for (let n = 1; n < 4; n++) create(`2001:db8:0:${n}::1`, undefined, '/cam')
    expect([...bans].map(({ path }) => path)).toEqual(['/cam'])
    for (let n = 0; n < 3; n++) create(`2001:db8::${n}`)
    expect([...bans].map(({ address }) => address)).toEqual([undefined, '2001:db8::/64'])
  })

  it('is never for an exempt address', () => {
    const { bans, create } = setUp({ flapping })
    for (let n = 0; n < 10; n++) create('127.0.0.1')
    expect(bans.size).toBe(0)
    bans.update({ exempt: [] })
    for (let n = 0; n < 3; n++) create('127.0.0.1')
    expect(bans.size).toBe(1)
    bans.update({ flapping: false })
    for (let n = 0; n < 10; n++) create('127.0.0.2')
    expect(bans.size).toBe(1)
  })

  it('follows failed logins', () => {
    const failedLogins = { attempts: 5, windowSeconds: 60, banSeconds: 0 }
    const { bans, clock } = setUp({ failedLogins })
    for (let n = 0; n < 4; n++) bans.noteFailedLogin('192.0.2.1')
    clock.advance(60_000)
    for (let n = 0; n < 4; n++) bans.noteFailedLogin('192.0.2.1')
    expect(bans.size).toBe(0)
    bans.noteFailedLogin('192.0.2.1')
    expect([...bans][0]).toMatchObject({ cause: 'failedLogins', until: undefined })
  })

  it('only lengthens the ban of an operator', () => {
    const failedLogins = { attempts: 1, windowSeconds: 60, banSeconds: 600 }
    const { bans, events } = setUp({ failedLogins })
    const ban = bans.add({ address: '192.0.2.1', seconds: 60, reason: 'noise', author: 'eve' })
    bans.noteFailedLogin('192.0.2.1')
    expect(ban).toMatchObject({ until: now + 600, reason: 'noise', author: 'eve', cause: 'added' })
    expect([bans.size, events]).toEqual([1, ['+192.0.2.1', '+192.0.2.1']])
    bans.noteFailedLogin('192.0.2.2')
    const automatic = bans.find({ address: '192.0.2.2' })
    bans.add({ address: '192.0.2.2', reason: 'noise' })
    expect(automatic).toMatchObject({ until: undefined, reason: 'noise', cause: 'added' })
  })

  it.each<[BanOptions, string]>([
    [{ maxBans: 0 }, 'bans.maxBans must be an integer from 1 to 1000000, got 0'],
    [{ flapping: true as never }, 'the options of bans.flapping must be an object'],
    [
      { flapping: { ...flapping, sessions: 0 } },
      'bans.flapping.sessions must be an integer from 1',
    ],
    [{ failedLogins: flapping as never }, "bans.failedLogins has no option 'sessions'"],
    [{ exempt: ['x'] }, "such as '10.0.0.0/8', got 'x'"],
    [{ maxBan: 1 } as never, "did you mean 'maxBans'?"],
  ])('refuses %j', (options, message) => {
    expect(() => setUp(options)).toThrow(message)
    const { bans } = setUp()
    expect(() => bans.update(options)).toThrow(message)
    expect(bans.options.maxBans).toBe(10_000)
  })
})
