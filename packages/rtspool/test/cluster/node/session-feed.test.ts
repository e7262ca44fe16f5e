import { describe, expect, it } from 'vitest'
import { DirectoryJournal } from '../../../src/cluster/node/directory-journal.js'
import { packSession, SessionFeed, unpackSession } from '../../../src/cluster/node/session-feed.js'
import { Session, SessionPool, type SessionPoolOptions } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

/** A pool with a feed, the journal of the feed, and the number of times that the feed has told of changes. */
function feedScene(options: SessionPoolOptions<object> = {}) {
  const pool = new SessionPool<object>({ clock: new ManualClock(), ...options })
  const journal = new DirectoryJournal(10)
  const scene = { pool, journal, changes: 0 }
  const feed = new SessionFeed(pool, journal, () => scene.changes++)
  /** Returns the next batch, as a node sends one; the store replies to it. */
  const flush = () => {
    journal.collect()
    const batch = journal.next('a', 'e', 0)
    if (batch) journal.confirm(batch)
    return batch && { puts: batch.puts, removals: batch.removals }
  }
  return Object.assign(scene, { feed, flush })
}

const cam = '["/cam",0,0,1767225600]'
const unknown = '[0,0,0,1767225600]'

describe('SessionFeed', () => {
  it('notes sessions that exist, come and leave, and listens no longer once closed', () => {
    const pool = new SessionPool<object>({ clock: new ManualClock() })
    const journal = new DirectoryJournal(10)
    const before = pool.create({ path: '/cam' })
    const feed = new SessionFeed(pool, journal, () => {})
    const after = pool.create({ owner: { address: '192.0.2.1', user: 'ann' } })
    journal.collect()
    expect(journal.next('a', 'e', 0)?.puts).toEqual([
      { publicId: before.publicId, value: cam },
      { publicId: after.publicId, value: '[0,"ann","192.0.2.1",1767225600]' },
    ])
    pool.remove(before, 'kicked')
    expect(journal.live).toBe(1)
    feed.close()
    pool.create()
    expect([journal.live, pool.eventNames()]).toEqual([1, []])
  })

  it('counts a new session, but writes nothing for one that leaves before the next batch', () => {
    const { pool, journal, flush } = feedScene()
    const session = pool.create({ path: '/cam' })
    expect([journal.live, journal.isDue]).toEqual([1, true])
    pool.remove(session, 'teardown')
    expect([journal.live, journal.isDue, journal.dropped]).toEqual([0, false, 0])
    expect(flush()).toBeUndefined()
  })

  it('reads the facts about a session no earlier than the next batch', () => {
    let reads = 0
    class Counted extends Session<object> {
      override get publicId() {
        reads++
        return super.publicId
      }
      override get createdTime() {
        reads++
        return super.createdTime
      }
    }
    const { pool, flush } = feedScene({ createSession: (id, init) => new Counted(id, init) })
    const short = pool.create()
    pool.create()
    pool.remove(short, 'teardown')
    expect(reads).toBe(0)
    expect(flush()?.puts).toHaveLength(1)
    expect(reads).toBe(2)
  })

  it('writes the removal of a session that an earlier batch has announced', () => {
    const { pool, journal, flush } = feedScene()
    const session = pool.create({ path: '/cam' })
    const { publicId } = session
    expect(flush()).toEqual({ puts: [{ publicId, value: cam }], removals: [] })
    pool.remove(session, 'kicked')
    expect(journal.live).toBe(0)
    const removals = [{ publicId, value: cam, reason: 'kicked' }]
    expect(flush()).toEqual({ puts: [], removals })
    expect(flush()).toBeUndefined()
  })

  it('writes a removal while a batch without an answer has the session', () => {
    const { pool, journal, flush } = feedScene()
    const session = pool.create({ path: '/cam' })
    journal.collect()
    const batch = journal.next('a', 'e', 0)
    pool.remove(session, 'teardown')
    journal.collect()
    expect(journal.next('a', 'e', 0)).toBe(batch)
    if (batch) journal.confirm(batch)
    expect(flush()?.removals).toMatchObject([{ publicId: session.publicId, reason: 'teardown' }])
  })

  it('writes a session again when a change of its state has come with other facts', () => {
    const { pool, flush } = feedScene()
    const session = pool.create()
    const { publicId } = session
    expect(flush()?.puts).toEqual([{ publicId, value: unknown }])
    session.manageMedia('/cam', {})
    session.state = 'Ready'
    expect(flush()?.puts).toEqual([{ publicId, value: cam }])
    session.state = 'Playing'
    expect(flush()).toBeUndefined()
  })

  it('writes the last facts of a session that has changed and left between two batches', () => {
    const { pool, flush } = feedScene()
    const session = pool.create()
    const { publicId } = session
    flush()
    session.manageMedia('/cam', {})
    session.state = 'Ready'
    pool.remove(session, 'teardown')
    const removals = [{ publicId, value: cam, reason: 'teardown' }]
    expect(flush()).toEqual({ puts: [], removals })
  })

  it('tells of the first change before a batch, and of each removal', () => {
    const scene = feedScene()
    const session = scene.pool.create()
    scene.pool.create()
    expect(scene.changes).toBe(1)
    scene.flush()
    session.state = 'Ready'
    scene.pool.create()
    expect(scene.changes).toBe(2)
    scene.flush()
    scene.pool.remove(session, 'teardown')
    expect(scene.changes).toBe(3)
  })

  it('writes nothing for a session that another listener has removed at once', () => {
    const pool = new SessionPool<object>({ clock: new ManualClock() })
    const journal = new DirectoryJournal(10)
    pool.on('sessionCreated', (session) => pool.remove(session, 'kicked'))
    const feed = new SessionFeed(pool, journal, () => {})
    pool.create()
    expect([journal.live, journal.isDue]).toEqual([0, false])
    feed.close()
  })

  it('goes on after a session whose facts cannot be read', () => {
    class Broken extends Session<object> {
      override get createdTime(): Date {
        throw new Error('no time')
      }
    }
    const { pool, journal, flush } = feedScene({
      createSession: (id, init) =>
        init.path === '/broken' ? new Broken(id, init) : new Session<object>(id, init),
    })
    const broken = pool.create({ path: '/broken' })
    const { publicId } = pool.create()
    expect(() => journal.collect()).toThrow('no time')
    expect(flush()?.puts).toEqual([{ publicId, value: unknown }])
    pool.remove(broken, 'teardown')
    expect(flush()).toBeUndefined()
  })
})

describe('packSession', () => {
  it.each([
    { path: '/cam', user: 'ann', address: '192.0.2.1', createdTime: 1 },
    { path: undefined, user: undefined, address: undefined, createdTime: 2 },
  ])('writes %o as it can be read again', (session) => {
    expect(unpackSession(packSession(session))).toEqual(session)
  })

  it.each(['', 'null', '{}', '["/cam"]', '["/cam",0,0,"1"]', '{'])('does not read %s', (text) => {
    expect(unpackSession(text)).toBeUndefined()
  })
})
