import { describe, expect, it } from 'vitest'
import { DirectoryJournal } from '../../../src/cluster/node/directory-journal.js'
import { NodePool } from '../../../src/cluster/node/node-pool.js'
import { StoreLoop } from '../../../src/cluster/node/store-loop.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { advancing, until } from '../../support/until.js'

function poolOf() {
  const clock = new ManualClock()
  const pool = new SessionPool<object>({ clock })
  const banned: string[] = []
  const store = {
    ban: async ({ publicId }: { readonly publicId: string }) => banned.push(publicId) > 0,
    unban: async () => true,
  }
  const journal = new DirectoryJournal(10)
  const backoff = { firstMs: 100, maxMs: 100, jitter: 0 }
  let changes = 0
  const traffic = {
    createLoop: (run: () => Promise<number | undefined>) =>
      new StoreLoop({ clock, backoff, run, onFailure: () => {} }),
    noteChange: () => void changes++,
  }
  const create = () => new NodePool(pool, { clock, store, journal, traffic })
  return { clock, pool, banned, journal, create, changes: () => changes }
}

describe('NodePool', () => {
  it('sends the bans of the pool once it starts, and later ones by itself', async () => {
    const { clock, pool, banned, create } = poolOf()
    const first = pool.bans.add({ address: '192.0.2.1' })
    const joined = create()
    await until(() => true, advancing(clock, 25))
    expect(banned).toEqual([])
    joined.start()
    await until(() => banned.length === 1, advancing(clock, 25))
    const second = pool.bans.add({ address: '192.0.2.2' })
    await until(() => banned.length === 2, advancing(clock, 25))
    expect(banned).toEqual([first.publicId, second.publicId])
    await joined.stopBans()
    pool.bans.add({ address: '192.0.2.3' })
    await until(() => true, advancing(clock, 25))
    expect([banned.length, clock.pendingTimers]).toEqual([2, 0])
    pool.close()
  })

  it('applies bans of other nodes, and counts those that the pool refuses', () => {
    const { pool, create } = poolOf()
    const joined = create()
    joined.applyBans([{ publicId: 'x', record: 'no ban', remainingMs: 0 }], [])
    expect([joined.refusedBans, [...pool.bans].length]).toEqual([1, 0])
    pool.close()
  })

  it('announces the sessions of the pool until it is closed, and ends them as fenced', () => {
    const { pool, journal, create, changes } = poolOf()
    const joined = create()
    const session = pool.create()
    journal.collect()
    expect([journal.live, changes()]).toEqual([1, 1])
    joined.endSessions()
    expect([session.removalReason, journal.live]).toEqual(['fenced', 0])
    joined.close()
    pool.create()
    journal.collect()
    expect(journal.live).toBe(0)
    pool.close()
  })
})
