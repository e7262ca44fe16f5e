import { format, inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { removalReasons, Session, SessionPool, systemClock } from '../../src/session-pool/index.js'
import { holdSession, releaseSession } from '../../src/session-pool/session-hold.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

test('a session outside any pool keeps its own time', () => {
  const clock = new ManualClock()
  const session = new Session('alone', { clock, timeout: 10, maxLifetime: 20 })
  expect(session.createdAt).toBe(clock.now())
  expect(session.remaining()).toBe(15_000)
  clock.advance(14_000)
  session.touch()
  expect(session.remaining()).toBe(6000)
  session.timeout = 1
  clock.advance(6000)
  expect(session.isExpired()).toBe(true)
  session.end('kicked')
  expect(session.removalReason).toBeUndefined()
})

test('session.media is the presentation that was managed first and is still held', () => {
  const session = new Session('alone')
  expect(session.media).toBeUndefined()
  const first = session.manageMedia('/first', {})
  const second = session.manageMedia('/second', {})
  expect(session.media).toBe(first)
  session.releaseMedia(first)
  expect(session.media).toBe(second)
  session.releaseMedia(second)
  expect(session.media).toBeUndefined()
})

test('a session whose constructor reads its time can still enter a pool', () => {
  class Curious extends Session {
    readonly seen = [this.createdAt, this.remaining(), this.publicId]
  }
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, createSession: (id, init) => new Curious(id, init) })
  const session = pool.create()
  expect(session.createdAt).toBe(clock.now())
  expect(session.remaining()).toBe(65_000)
  expect(pool.findByPublicId(session.publicId)).toBe(session)
  clock.advance(65_000)
  expect(pool.cleanup()).toBe(1)
})

test('a session keeps its paths after it has left', () => {
  const pool = new SessionPool({ clock: new ManualClock() })
  const seen: unknown[] = []
  pool.on('sessionRemoved', (session) => seen.push(session.filter().length, session.paths))
  const session = pool.create({ path: '/made-for' })
  expect(session.paths).toEqual(['/made-for'])
  const held = session.manageMedia('/made-for', {})
  session.manageMedia('/other', {})
  expect(session.paths).toEqual(['/made-for', '/other'])
  session.releaseMedia(held)
  expect(session.paths).toEqual(['/other'])
  session.end('kicked')
  expect(seen).toEqual([0, ['/other']])
  expect(session.paths).toEqual(['/other'])
  expect(pool.create().paths).toEqual([])
  pool.close()
})

test('the pool runs on the clock of the machine, and its watch does not keep the process alive', () => {
  const pool = new SessionPool()
  const watch = pool.startCleanup()
  const session = pool.create()
  expect(Math.abs(session.createdAt - systemClock.now())).toBeLessThan(1000)
  expect(pool.find(session.id)).toBe(session)
  watch.close()
})

test('the sessionRemoved method of a subclass runs after all listeners', () => {
  const order: string[] = []
  class Last extends SessionPool {
    protected override sessionRemoved(): void {
      order.push('method')
    }
  }
  const pool = new Last()
  pool.on('sessionRemoved', () => order.push('first'))
  pool.on('sessionRemoved', () => order.push('second'))
  pool.create().end()
  expect(order).toEqual(['first', 'second', 'method'])
})

test('the option ref decides whether a watch keeps the process alive', () => {
  const refs: boolean[] = []
  class RefClock extends ManualClock {
    override schedule(callback: () => void, delayMs: number, ref = false) {
      refs.push(ref)
      return super.schedule(callback, delayMs)
    }
  }
  const pool = new SessionPool({ clock: new RefClock() })
  pool.create()
  pool.startCleanup()
  const watch = pool.startCleanup({ ref: true })
  watch.close()
  expect(refs).toEqual([false, true, false])
})

test('an unknown reason ends no session', () => {
  const pool = new SessionPool({ clock: new ManualClock() })
  const session = pool.create()
  for (const reason of ['bored', 'toString', '', null, 7]) {
    for (const end of [
      () => session.end(reason as 'kicked'),
      () => pool.remove(session, reason as 'kicked'),
    ]) {
      expect(end).toThrow(TypeError)
      expect(end).toThrow(/^a removal reason must be one of teardown, timeout, .*, removed, got /)
    }
  }
  expect(() => session.end('bored' as 'kicked')).toThrow("got 'bored'")
  expect([pool.size, pool.stats().removed]).toEqual([
    1,
    Object.fromEntries(removalReasons.map((reason) => [reason, 0])),
  ])
})

test('expiresAt in milliseconds is refused, because it would mean never', () => {
  const pool = new SessionPool({ clock: new ManualClock() })
  const inMilliseconds = Date.UTC(2026, 0, 1) + 5000
  const message = `expiresAt must be a number of seconds since 1970, up to 1e11, got ${inMilliseconds}: are these milliseconds?`
  expect(() => pool.create({ expiresAt: inMilliseconds })).toThrow(new RangeError(message))
  const session = pool.create({ expiresAt: inMilliseconds / 1000 })
  const renew = () => {
    session.expiresAt = inMilliseconds
  }
  expect(renew).toThrow(RangeError)
  expect(session.expiresAt).toBe(inMilliseconds / 1000)
  expect(() => pool.create({ expiresAt: '1767225600' as never })).toThrow("got '1767225600'")
})

test.each([
  [{}, '{}'],
  [undefined, 'undefined'],
  ['ann', "'ann'"],
  [{ user: 'ann', path: '/door' }, "{ user: 'ann', path: '/door' }"],
  [{ user: 7 }, '{ user: 7 }'],
  [{ user: undefined }, '{ user: undefined }'],
])('count(%j) throws a TypeError: it needs exactly one subject', (question, got) => {
  const pool = new SessionPool({ clock: new ManualClock() })
  const message = `expected exactly one of { user }, { address }, { path }, { group }, got ${got}`
  expect(() => pool.count(question as { user: string })).toThrow(new TypeError(message))
})

test('count ignores members that are undefined', () => {
  const pool = new SessionPool({ clock: new ManualClock() })
  pool.create({ owner: { address: '::1', user: 'ann' } })
  expect(pool.count({ user: 'ann', path: undefined } as { user: string })).toBe(1)
})

describe('public view of a session', () => {
  const owner = { address: '192.0.2.1', user: 'ann', connection: { secret: 'of a connection' } }

  function shownSession() {
    const clock = new ManualClock()
    const pool = new SessionPool({ clock })
    const session = pool.create({ owner, path: '/cam', expiresAt: 2e9, data: {} })
    const madeAt = clock.unixTimeMs()
    clock.advance(5000)
    session.touch()
    session.state = 'Playing'
    session.stats.bytesOut = 7
    return { clock, pool, session, madeAt }
  }

  test('its times follow the wall clock, which may be set', { tags: 'U-17' }, () => {
    const { clock, session, madeAt } = shownSession()
    expect(session.createdTime).toEqual(new Date(madeAt))
    expect(session.lastAccessTime).toEqual(new Date(madeAt + 5000))
    clock.jumpWallClock(60_000)
    clock.advance(1000)
    expect(session.lastAccessTime.getTime() - session.createdTime.getTime()).toBe(5000)
    const alone = new Session('alone')
    expect(Math.abs(alone.createdTime.getTime() - Date.now())).toBeLessThan(1000)
  })

  test('JSON has owner, state and times, but neither the id nor the connection', {
    tags: 'U-17',
  }, () => {
    const { session, madeAt } = shownSession()
    const json = JSON.stringify({ session })
    expect(JSON.parse(json)).toEqual({
      session: {
        publicId: session.publicId,
        state: 'Playing',
        paths: ['/cam'],
        owner: { address: '192.0.2.1', user: 'ann' },
        createdTime: new Date(madeAt).toISOString(),
        lastAccessTime: new Date(madeAt + 5000).toISOString(),
        timeout: 60,
        expiresAt: 2e9,
        maxLifetime: 0,
        stats: { ...session.stats, bytesOut: 7 },
      },
    })
    expect(json).not.toContain(session.id)
  })

  test('JSON of a removed session has its reason and paths; a session outside any pool has JSON as well', () => {
    const { pool, session } = shownSession()
    session.end('kicked')
    expect(session.toJSON()).toMatchObject({ removalReason: 'kicked', paths: ['/cam'] })
    expect(JSON.parse(JSON.stringify([...pool.values()]))).toEqual([])
    expect(new Session('alone').toJSON()).toMatchObject({ state: 'Init', owner: undefined })
  })

  test('console.log shows the same, at any depth, and the name of a subclass', () => {
    class Viewer extends Session {}
    const clock = new ManualClock()
    const pool = new SessionPool({ clock, createSession: (id, init) => new Viewer(id, init) })
    const session = pool.create({ owner, path: '/cam' })
    const texts = [
      inspect(session),
      inspect({ a: [session] }),
      inspect({ a: { b: { c: { d: session } } } }, { depth: 10 }),
      inspect(session, { depth: 0, colors: true, showHidden: true }),
      format('%o %O %s', session, session, session),
    ]
    expect(texts[0]).toMatch(/^Viewer \{/)
    expect(texts[0]).toContain("address: '192.0.2.1'")
    expect(inspect({ a: { b: session } }, { depth: 0 })).not.toContain(session.id)
    for (const text of texts) {
      expect(text).not.toContain(session.id)
      expect(text).not.toContain('of a connection')
    }
  })
})

describe('the hold of an open connection', { tags: 'A-SES-7' }, () => {
  const steps = {
    hold: holdSession,
    unhold: releaseSession,
    prevent: (session: Session) => session.preventExpire(),
    allow: (session: Session) => session.allowExpire(),
  } as const
  type Step = keyof typeof steps

  test.each<readonly Step[]>([
    ['hold', 'prevent', 'allow', 'unhold'],
    ['hold', 'prevent', 'unhold', 'allow'],
    ['prevent', 'hold', 'allow', 'unhold'],
    ['prevent', 'hold', 'unhold', 'allow'],
    ['hold', 'hold', 'unhold', 'prevent', 'unhold', 'allow'],
    ['prevent', 'allow', 'hold', 'unhold'],
  ])(
    'keeps the session alive as documented, then a full timeout starts: %s %s %s %s',
    (...order) => {
      const clock = new ManualClock()
      const pool = new SessionPool({ clock })
      pool.startCleanup()
      const session = pool.create()
      let held = 0
      let prevented = 0
      for (const step of order) {
        steps[step](session)
        held += Number(step === 'hold') - Number(step === 'unhold')
        prevented += Number(step === 'prevent') - Number(step === 'allow')
        if (held + prevented > 0) {
          clock.advance(1e6)
          expect(session.remaining()).toBe(Number.POSITIVE_INFINITY)
        } else expect(session.remaining()).toBe(65_000)
        if (prevented === 0) expect(() => session.allowExpire()).toThrow(RangeError)
      }
      clock.advance(65_251)
      expect(session.removalReason).toBe('timeout')
    },
  )

  test('has no effect on a session that has ended', () => {
    const pool = new SessionPool({ clock: new ManualClock() })
    const session = pool.create()
    holdSession(session)
    session.end('kicked')
    releaseSession(session)
    expect(session.removalReason).toBe('kicked')
  })
})
