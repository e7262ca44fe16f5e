import { describe, expect, it } from 'vitest'
import { SessionPool } from '../../src/session-pool/index.js'
import { noteTimeoutTold } from '../../src/session-pool/session-hold.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

function setUp() {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, extraTimeout: 5 })
  pool.startCleanup()
  const session = pool.create()
  return { clock, pool, session }
}

describe('maxLifetime of a live session', () => {
  it('counts from the creation, and applies at once', () => {
    const { clock, pool, session } = setUp()
    session.timeout = 0
    expect(session.maxLifetime).toBe(0)
    clock.advance(100_000)
    session.maxLifetime = 120
    clock.advance(19_999)
    expect(pool.size).toBe(1)
    clock.advance(251)
    expect(session.removalReason).toBe('lifetime')
    pool.close()
  })

  it('that has passed already ends the session; 0 takes the limit away', () => {
    const { clock, pool, session } = setUp()
    session.timeout = 0
    session.maxLifetime = 60
    session.maxLifetime = 0
    clock.advance(100_000)
    expect(pool.size).toBe(1)
    session.maxLifetime = 60
    expect(session.isExpired()).toBe(true)
    clock.advance(251)
    expect(session.removalReason).toBe('lifetime')
    pool.close()
  })

  it('that is invalid changes nothing', () => {
    const { pool, session } = setUp()
    session.maxLifetime = 60
    for (const wrong of [-1, Number.NaN, '5', 2 ** 32]) {
      expect(() => {
        session.maxLifetime = wrong as number
      }).toThrow('maxLifetime must be a number of seconds')
    }
    expect(session.maxLifetime).toBe(60)
    pool.close()
  })
})

describe('expiresAt of a live session', () => {
  it('can be brought forward, put off and taken away', () => {
    const { clock, pool, session } = setUp()
    session.timeout = 0
    const now = clock.unixTimeMs() / 1000
    session.expiresAt = now + 60
    session.expiresAt = now + 30
    clock.advance(20_000)
    session.expiresAt = now + 90
    clock.advance(60_000)
    session.expiresAt = undefined
    clock.advance(60_000)
    expect(pool.size).toBe(1)
    session.expiresAt = now + 60
    clock.advance(251)
    expect(session.removalReason).toBe('authorizationExpired')
    pool.close()
  })
})

describe('timeout of a live session', () => {
  it('applies at once while no client was told another one', () => {
    const { clock, pool, session } = setUp()
    session.timeout = 10
    clock.advance(15_251)
    expect(session.removalReason).toBe('timeout')
    pool.close()
  })

  it('is not shorter for a client than the one that it was told, until it is told the new one', () => {
    const { clock, pool, session } = setUp()
    noteTimeoutTold(session)
    session.timeout = 10
    expect(session.remaining()).toBe(65_000)
    clock.advance(60_000)
    expect(pool.find(session.id)).toBe(session)
    expect(session.header).toBe(`${session.id};timeout=10`)
    noteTimeoutTold(session)
    expect(session.remaining()).toBe(15_000)
    clock.advance(15_251)
    expect(session.removalReason).toBe('timeout')
    pool.close()
  })

  it('may be longer than the one that the client was told', () => {
    const { clock, pool, session } = setUp()
    noteTimeoutTold(session)
    session.timeout = 120
    clock.advance(124_000)
    expect(pool.size).toBe(1)
    clock.advance(1251)
    expect(pool.size).toBe(0)
    pool.close()
  })

  it('of a session that never expired counts as the default that the client assumes', () => {
    const { pool, session } = setUp()
    session.timeout = 0
    noteTimeoutTold(session)
    session.timeout = 10
    expect(session.remaining()).toBe(65_000)
    pool.close()
  })
})
