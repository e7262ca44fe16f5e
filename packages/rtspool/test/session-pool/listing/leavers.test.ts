import { describe, expect, it } from 'vitest'
import {
  type RemovalReason,
  SessionPool,
  type StreamTransport,
  type TransportReception,
} from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

function setUp(maxLeavers = 5) {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, maxLeavers })
  /** Creates a session that leaves after a second. */
  const pass = (user: string, reason: RemovalReason = 'teardown', path = '/cam') => {
    const session = pool.create({ owner: { address: '192.0.2.1', user }, path })
    clock.advance(1000)
    pool.remove(session, reason)
    return session
  }
  const users = (query = {}) => pool.leavers.list(query).leavers.map(({ owner }) => owner?.user)
  return { clock, pool, leavers: pool.leavers, pass, users }
}

const reception: TransportReception = {
  fractionLost: 0.25,
  cumulativeLost: 7,
  jitterMs: 3,
  roundTripMs: undefined,
}

describe('leavers', () => {
  it('keep what an operator asks about afterwards', { tags: 'U-17' }, () => {
    const { pool, leavers, clock } = setUp()
    const session = pool.create({
      owner: { address: '2001:db8::1', user: 'ann' },
      path: '/cam',
      groups: { plan: 'free' },
    })
    let isClosed = false
    const { stats } = session
    const transport: StreamTransport = {
      close: () => {
        isClosed = true
      },
      settleCounters: () => {
        expect(isClosed).toBe(false)
        stats.bytesOut = 1000
      },
      reception,
    }
    session.manageMedia('/cam', {}).setTransport(1, transport)
    session.noteUse({
      action: 'read',
      transport: 'UDP',
      isSecure: false,
      tunnel: undefined,
      userAgent: 'Player/1.0',
      connectionId: 'connection',
    })
    session.state = 'Playing'
    clock.advance(90_000.5)
    pool.kick({ user: 'ann' }, { reason: 'noise' })
    const leaver = leavers.get(session.publicId)
    expect(isClosed).toBe(true)
    expect(JSON.parse(JSON.stringify(leaver))).toEqual({
      publicId: session.publicId,
      state: 'Playing',
      paths: ['/cam'],
      owner: { address: '2001:db8::1', user: 'ann' },
      groups: { plan: 'free' },
      createdTime: '2026-01-01T00:00:00.000Z',
      endedTime: '2026-01-01T00:01:30.000Z',
      durationMs: 90_000.5,
      reason: 'kicked',
      note: 'noise',
      action: 'read',
      transport: 'UDP',
      isSecure: false,
      userAgent: 'Player/1.0',
      connectionId: 'connection',
      stats: { ...session.stats },
      receptions: [{ index: 1, fractionLost: 0.25, cumulativeLost: 7, jitterMs: 3 }],
    })
    expect(JSON.stringify(leaver)).not.toContain(session.id)
  })

  it('are the latest ones, the latest first', () => {
    const { leavers, pass, users } = setUp(3)
    for (const user of ['a', 'b', 'c', 'd', 'e']) pass(user)
    expect(users()).toEqual(['e', 'd', 'c'])
    expect(leavers.size).toBe(3)
    expect([...leavers].length).toBe(3)
  })

  it('are paged without repetition while others leave', () => {
    const { leavers, pass, users } = setUp(100)
    for (let n = 0; n < 7; n++) pass(`user ${n}`)
    const first = leavers.list({ limit: 3 })
    pass('late')
    const second = leavers.list({ limit: 3, cursor: first.cursor })
    const third = leavers.list({ limit: 3, cursor: second.cursor })
    const all = [first, second, third].flatMap((page) => page.leavers)
    expect(all.map(({ owner }) => owner?.user)).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((n) => `user ${n}`),
    )
    expect(third.cursor).toBe(undefined)
    expect(users({ limit: 1 })).toEqual(['late'])
  })

  it('are filtered like sessions, and by reason', () => {
    const { pass, users, leavers } = setUp()
    pass('ann', 'kicked', '/door')
    pass('bob', 'timeout', '/yard')
    expect(users({ path: '/door' })).toEqual(['ann'])
    expect(users({ reason: 'timeout' })).toEqual(['bob'])
    expect(users({ like: '/YAR' })).toEqual(['bob'])
    expect(users({ address: '192.0.2.1', minAge: 1 })).toEqual(['bob', 'ann'])
    expect(users({ minAge: 1.1 })).toEqual([])
    expect(() => leavers.list({ reason: 'x' as never })).toThrow('reason must be one of teardown')
    expect(() => leavers.list({ cursor: '_' })).toThrow('no cursor')
    expect(() => leavers.list({ usr: 'ann' } as never)).toThrow("did you mean 'user'?")
  })

  it('are none unless asked for', () => {
    const { pool, pass, leavers } = setUp(0)
    pass('ann')
    expect([leavers.size, [...leavers], leavers.list().leavers]).toEqual([0, [], []])
    expect(new SessionPool().leavers.max).toBe(0)
    pool.leavers.max = 2
    for (const user of ['a', 'b', 'c']) pass(user)
    expect(leavers.size).toBe(2)
  })

  it('stay when their maximum changes, as far as they fit', () => {
    const { pass, users, leavers } = setUp(4)
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f']) pass(user)
    leavers.max = 2
    expect(users()).toEqual(['f', 'e'])
    leavers.max = 10
    pass('g')
    expect(users()).toEqual(['g', 'f', 'e'])
    leavers.max = 0
    expect(users()).toEqual([])
    expect(() => {
      leavers.max = -1
    }).toThrow('maxLeavers must be an integer')
  })

  it('keep no more of a session than a bounded part', () => {
    const { pool, leavers } = setUp()
    const user = 'u'.repeat(10_000)
    const session = pool.create({ owner: { address: '192.0.2.1', user } })
    for (let n = 0; n < 20; n++) {
      session.manageMedia(`/${n}${'p'.repeat(10_000)}`, {})
    }
    session.end()
    const [leaver] = leavers.list().leavers
    expect(JSON.stringify(leaver).length).toBeLessThan(2000)
    expect(leaver?.paths.length).toBe(4)
  })

  it('do without a session whose figures cannot be read', () => {
    const { pool, leavers, pass } = setUp()
    const session = pool.create()
    session.manageMedia('/cam', {}).setTransport(0, {
      close: () => {},
      settleCounters: () => {
        throw new Error('gone')
      },
    })
    session.end()
    expect([pool.size, leavers.size]).toEqual([0, 0])
    pass('ann')
    expect(leavers.size).toBe(1)
  })
})
