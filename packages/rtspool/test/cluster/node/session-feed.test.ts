import { describe, expect, it } from 'vitest'
import { DirectoryJournal } from '../../../src/cluster/node/directory-journal.js'
import { packSession, SessionFeed, unpackSession } from '../../../src/cluster/node/session-feed.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

describe('SessionFeed', () => {
  it('notes sessions that exist, come and leave, and listens no longer once closed', () => {
    const pool = new SessionPool<object>({ clock: new ManualClock() })
    const journal = new DirectoryJournal(10)
    let changes = 0
    const before = pool.create({ path: '/cam' })
    const feed = new SessionFeed(pool, journal, () => changes++)
    const after = pool.create({ owner: { address: '192.0.2.1', user: 'ann' } })
    expect(journal.next('a', 'e', 0)?.puts).toEqual([
      { publicId: before.publicId, value: '["/cam",0,0,1767225600]' },
      { publicId: after.publicId, value: '[0,"ann","192.0.2.1",1767225600]' },
    ])
    pool.remove(before, 'kicked')
    expect([journal.live, changes]).toEqual([1, 3])
    feed.close()
    pool.create()
    expect([journal.live, pool.eventNames()]).toEqual([1, []])
  })

  it('notes a session again when it has a path', () => {
    const pool = new SessionPool<object>({ clock: new ManualClock() })
    const journal = new DirectoryJournal(10)
    let changes = 0
    const feed = new SessionFeed(pool, journal, () => changes++)
    const session = pool.create()
    session.manageMedia('/cam', {})
    pool.emit('sessionStateChanged', session, 'Playing', 'Ready')
    expect(changes).toBe(2)
    pool.emit('sessionStateChanged', session, 'Ready', 'Playing')
    expect(changes).toBe(2)
    feed.close()
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
