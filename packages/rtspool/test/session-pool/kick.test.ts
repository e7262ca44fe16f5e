import { describe, expect, it } from 'vitest'
import { type Session, SessionPool } from '../../src/session-pool/index.js'

function setUp() {
  const pool = new SessionPool()
  const make = (user: string, address: string, path: string) =>
    pool.create({ owner: { user, address }, path })
  const [ann, bob, eve] = [
    make('ann', '192.0.2.1', '/door'),
    make('bob', '192.0.2.1', '/yard'),
    make('eve', '2001:db8::1', '/door'),
  ] as [Session, Session, Session]
  bob.state = 'Playing'
  return { pool, ann, bob, eve }
}

type People = ReturnType<typeof setUp>

describe('kick', () => {
  it.each<[string, (people: People) => Parameters<SessionPool['kick']>[0], readonly string[]]>([
    ['a public id', ({ bob }) => ({ publicId: bob.publicId }), ['bob']],
    ['a user', () => ({ user: 'ann' }), ['ann']],
    ['an address', () => ({ address: '192.0.2.1' }), ['ann', 'bob']],
    ['an address of the same network', () => ({ address: '2001:db8::2' }), ['eve']],
    ['a path', () => ({ path: '/door' }), ['ann', 'eve']],
    ['a state', () => ({ state: 'Playing' }), ['bob']],
    ['all of several', () => ({ path: '/door', address: '192.0.2.1' }), ['ann']],
    ['a public id of somebody else', ({ bob }) => ({ publicId: bob.publicId, user: 'ann' }), []],
    ['a public id of nobody', () => ({ publicId: 'nobody', user: 'ann' }), []],
    [
      'a function',
      () =>
        ({ owner }) =>
          owner?.user !== 'bob',
      ['ann', 'eve'],
    ],
    ['everybody', () => () => true, ['ann', 'bob', 'eve']],
  ])('removes by %s', (_, filterOf, expected) => {
    const people = setUp()
    const { pool } = people
    const users = (sessions: readonly Session[]) => sessions.map(({ owner }) => owner?.user).sort()
    const filter = filterOf(people)
    expect(users(pool.kick(filter, { dryRun: true }))).toEqual(expected)
    expect(pool.size).toBe(3)
    const kicked = pool.kick(filter)
    expect(users(kicked)).toEqual(expected)
    expect(kicked.every(({ removalReason }) => removalReason === 'kicked')).toBe(true)
    expect(pool.size).toBe(3 - expected.length)
    expect(pool.stats().removed.kicked).toBe(expected.length)
  })

  it.each<[unknown, string]>([
    [{}, 'expected at least one of publicId'],
    [{ user: undefined }, 'expected at least one of publicId'],
    [{ like: '', userAgent: '', minAge: 0 }, 'expected at least one of publicId'],
    [{ group: {} }, 'group must name at least one group, got {}'],
    [undefined, 'expected a filter or a function, got undefined'],
    ['/door', 'expected a filter or a function, got string'],
    [{ usr: 'ann' }, "did you mean 'user'?"],
    [{ user: 1 }, 'user must be a string, got 1'],
    [{ state: 'Seeking' }, 'state must be one of Init'],
    [async () => false, 'must return a boolean, got'],
    [() => undefined, 'must return a boolean, got undefined'],
  ])('%j removes no session', (filter, message) => {
    const { pool } = setUp()
    expect(() => pool.kick(filter as never)).toThrow(message)
    expect(pool.size).toBe(3)
  })

  it('counts a session that a listener ends meanwhile once', () => {
    const { pool, bob } = setUp()
    pool.once('sessionRemoved', () => bob.end('teardown'))
    expect(pool.kick({ address: '192.0.2.1' }).length).toBe(1)
    expect(bob.removalReason).toBe('teardown')
  })

  it('is locked inside filter, and locks the pool itself', () => {
    const { pool } = setUp()
    const kickInside = () => {
      pool.kick({ user: 'ann' })
      return 'keep' as const
    }
    const endInside = (session: Session) => {
      session.end()
      return true
    }
    expect(() => pool.filter(kickInside)).toThrow('filter')
    expect(() => pool.kick(endInside)).toThrow('filter')
    expect(pool.size).toBe(3)
  })
})
