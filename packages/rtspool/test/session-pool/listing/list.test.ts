import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Session,
  type SessionListQuery,
  SessionPool,
  type SessionSort,
  type SortOrder,
} from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

function setUp() {
  const clock = new ManualClock()
  let count = 0
  const pool = new SessionPool({ clock, createSessionId: () => `s${++count}`, timeout: 0 })
  const create = (user: string, bytes = 0) => {
    const session = pool.create({ owner: { address: '192.0.2.1', user }, path: '/cam' })
    session.stats.bytesOut = bytes
    clock.advance(1000)
    return session
  }
  const users = (query: SessionListQuery) =>
    pool.list(query).sessions.map(({ owner }) => owner?.user)
  return { clock, pool, create, users }
}

/** Reads all pages; `between` runs after each. */
function pagesOf(pool: SessionPool, query: SessionListQuery, between = () => {}): Session[] {
  const all: Session[] = []
  let cursor: string | undefined
  do {
    const page = pool.list({ ...query, cursor })
    all.push(...page.sessions)
    cursor = page.cursor
    between()
  } while (cursor !== undefined)
  return all
}

describe('the order of a list', () => {
  it('is by age, idle time, bytes, loss or queue, largest first', () => {
    const { create, users } = setUp()
    const [a, b, c] = ['a', 'b', 'c'].map((user) => create(user)) as [Session, Session, Session]
    a.touch()
    Object.assign(a.stats, { bytesIn: 5, bytesOut: 5, packetsOut: 100, packetsLost: 10 })
    Object.assign(b.stats, { bytesOut: 100, packetsOut: 1000, packetsLost: 20 })
    Object.assign(c.stats, { bytesIn: 50, packetsIn: 10, packetsLost: 5 })
    const queues: [Session, number][] = [
      [a, 0],
      [b, 500],
      [c, 70],
    ]
    for (const [session, queuedBytes] of queues) {
      const held = session.manageMedia('/cam', {})
      held.setTransport(0, { close: () => {}, queuedBytes })
      held.setTransport(1, { close: () => {}, queuedBytes })
    }
    expect(b.queuedBytes).toBe(500)
    const orders: Record<SessionSort, string> = {
      age: 'abc',
      idle: 'bca',
      bytes: 'bca',
      loss: 'cab',
      queue: 'bca',
    }
    for (const [sort, expected] of Object.entries(orders) as [SessionSort, string][]) {
      expect(users({ sort }).join(''), sort).toBe(expected)
      const ascending = users({ sort, order: 'ascending' }).reverse()
      expect(ascending.join(''), sort).toBe(expected)
    }
  })

  it('lists each session once on pages of any size, whoever comes and goes', () => {
    const figures = fc.array(fc.constantFrom(0, 1, 2, 0.1, 1e21, 1e-9), {
      minLength: 1,
      maxLength: 60,
    })
    const orders = fc.constantFrom<SortOrder>('ascending', 'descending')
    fc.assert(
      fc.property(figures, orders, fc.integer({ min: 1, max: 7 }), (bytes, order, limit) => {
        const { pool, create } = setUp()
        const stay = bytes.map((figure, n) => create(`user ${n}`, figure))
        const leave = bytes.map((figure, n) => create(`leaver ${n}`, figure))
        const read = pagesOf(pool, { sort: 'bytes', order, limit }, () => {
          const left = leave.pop()
          if (left === undefined) return
          left.end()
          create('late', 1)
        })
        expect(new Set(read).size).toBe(read.length)
        const sign = order === 'ascending' ? 1 : -1
        const expected = stay
          .map((session, serial) => ({ session, serial }))
          .sort(
            (x, y) =>
              (x.session.stats.bytesOut - y.session.stats.bytesOut) * sign || x.serial - y.serial,
          )
        expect(read.filter((session) => stay.includes(session))).toEqual(
          expected.map(({ session }) => session),
        )
      }),
      { numRuns: 100 },
    )
  })

  it.each<[SessionListQuery, string]>([
    [{ sort: 'size' as never }, 'sort must be one of age, idle, bytes, loss, queue'],
    [{ order: 'up' as never }, "order must be one of descending, ascending, got 'up'"],
    [{ sort: 'bytes', cursor: '1f' }, 'no cursor'],
    [{ cursor: '1_1' }, 'no cursor'],
    [{ minAge: -1 }, 'minAge must be a number of seconds from 0'],
    [{ like: 5 as never }, 'like must be a string, got 5'],
    [{ like: 'a'.repeat(1025) }, 'like must have at most 1024 characters, got 1025'],
    [{ group: 'free' as never }, 'groups must be an object'],
  ])('refuses %j', (query, message) => {
    expect(() => setUp().pool.list(query)).toThrow(message)
  })
})

describe('a filter', () => {
  it('selects by age, agent, group and free text, and kick takes the same', () => {
    const { pool, create, users, clock } = setUp()
    const ann = create('Ann')
    create('bob')
    const owner = { address: '2001:db8::1', user: 'eve' }
    const eve = pool.create({ owner, path: '/Yard', groups: { plan: 'free', site: 'x' } })
    eve.noteUse({
      action: 'read',
      transport: 'TCP',
      isSecure: true,
      tunnel: undefined,
      userAgent: 'LibVLC/3.0.18',
      connectionId: '',
    })
    clock.advance(500)
    expect(users({ minAge: 2.5 })).toEqual(['Ann'])
    expect(users({ maxAge: 2.4 })).toEqual(['bob', 'eve'])
    expect(users({ minAge: 0.5, maxAge: 0.5 })).toEqual(['eve'])
    expect(users({ userAgent: 'libvlc' })).toEqual(['eve'])
    expect(users({ group: { plan: 'free' } })).toEqual(['eve'])
    expect(users({ group: { plan: 'free', site: 'y' } })).toEqual([])
    for (const like of ['ANN', 'vlc', 'yard', 'DB8']) {
      expect(users({ like })).toEqual([like === 'ANN' ? 'Ann' : 'eve'])
    }
    expect(users({ like: ann.publicId.slice(3, 12).toLowerCase() })).toEqual(['Ann'])
    expect(pool.kick({ like: 'vlc', group: { site: 'x' } })).toEqual([eve])
    expect(() => pool.kick({ minAge: 'x' as never })).toThrow('kick: minAge must be a number')
    expect(pool.size).toBe(2)
  })

  it.each([
    ['.B*c[', 'a.b*c[d]'],
    ['(x|y)', '(x|y)'],
    ['\\D^$', '\\d^$'],
    ['Ä-/', 'ä-/'],
  ])('finds the text %s literally', (like, name) => {
    const { create, users } = setUp()
    create(name)
    create('aXbbbc')
    expect(users({ like })).toEqual([name])
  })
})

describe('a list in turns', () => {
  const count = 5000
  const queries: readonly SessionListQuery[] = [
    { sort: 'bytes' },
    { sort: 'bytes', order: 'ascending', limit: 7 },
    { sort: 'age', order: 'ascending' },
    { sort: 'idle', user: 'user 3' },
    { like: 'USER 12', sort: 'loss' },
    {},
  ]

  function fill() {
    const { pool, create } = setUp()
    for (let n = 0; n < count; n++) create(`user ${n % 50}`, (n * 7919) % 1000)
    return pool
  }

  it('has the same pages', async () => {
    const pool = fill()
    for (const query of queries) {
      const page = pool.list(query)
      expect(await pool.listInTurns(query)).toEqual(page)
      const next = { ...query, cursor: page.cursor }
      expect(await pool.listInTurns(next)).toEqual(pool.list(next))
    }
  })

  it('lets the event loop run, and goes on when sessions leave meanwhile', async () => {
    const pool = fill()
    let turns = 0
    const listing = pool.listInTurns({ sort: 'age', order: 'ascending' })
    let isListing = true
    const done = listing.then(() => {
      isListing = false
    })
    while (isListing) {
      await nextTurn()
      turns++
      pool.remove([...pool.values()].at(-1) as Session)
    }
    await done
    expect(turns).toBeGreaterThanOrEqual(2)
    const { sessions, cursor } = await listing
    expect([sessions.length, typeof cursor]).toEqual([100, 'string'])
  })

  it('rejects with the errors of list', async () => {
    await expect(fill().listInTurns({ limit: 0 })).rejects.toThrow(RangeError)
  })
})
