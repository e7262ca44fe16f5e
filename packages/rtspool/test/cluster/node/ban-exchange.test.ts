import { describe, expect, it } from 'vitest'
import type { BanChange, ClusterBan } from '../../../src/cluster/cluster-store.js'
import { BanExchange } from '../../../src/cluster/node/ban-exchange.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

/** An exchange, and a store that records its requests and can be away. */
function exchangeOf(options = {}) {
  const clock = new ManualClock()
  const pool = new SessionPool<object>({ clock, bans: options })
  const sent: (ClusterBan | string)[] = []
  const state = { isAway: false, wasRemoved: false, changes: 0 }
  const note = async (request: ClusterBan | string) => {
    if (state.isAway) throw new Error('away')
    sent.push(request)
    return !state.wasRemoved
  }
  const exchange = new BanExchange(pool, {
    ...{ clock, store: { ban: note, unban: note } },
    onChange: () => state.changes++,
  })
  return { pool, exchange, sent, state, clock }
}

const changeOf = (ban: ClusterBan): BanChange => ({ ...ban, remainingMs: ban.durationMs })
const removalOf = (publicId: string): BanChange => ({ publicId, record: undefined, remainingMs: 0 })

describe('BanExchange', () => {
  it('sends a changed ban as another entry, and removes the old one afterwards', async () => {
    const { pool, exchange, sent } = exchangeOf()
    const { publicId } = pool.bans.add({ user: 'eve', seconds: 60 })
    await exchange.send()
    pool.bans.add({ user: 'eve', reason: 'rude' })
    await exchange.send()
    const [first, second, removed] = sent as [ClusterBan, ClusterBan, string]
    expect(first).toMatchObject({ publicId, durationMs: 60_000 })
    expect(second).toMatchObject({ durationMs: 0 })
    expect(second.publicId).not.toBe(publicId)
    expect(JSON.parse(second.record)).toMatchObject({ publicId, reason: 'rude' })
    expect([removed, exchange.pending]).toEqual([publicId, 0])
    pool.bans.remove(publicId)
    await exchange.send()
    expect(sent[3]).toBe(second.publicId)
    exchange.close()
    expect(pool.eventNames()).toEqual([])
  })

  it('applies entries and removals in any order, and sends none of them back', async () => {
    const { pool, exchange, sent, state } = exchangeOf()
    const author = exchangeOf()
    const { publicId } = author.pool.bans.add({ user: 'eve' })
    await author.exchange.send()
    author.pool.bans.add({ user: 'eve', reason: 'rude' })
    await author.exchange.send()
    const [first, second] = author.sent as [ClusterBan, ClusterBan]
    exchange.apply([changeOf(first), changeOf(second), removalOf(publicId)])
    expect(pool.bans.get(publicId)?.reason).toBe('rude')
    exchange.apply([removalOf('unknown'), removalOf(second.publicId)])
    expect([pool.bans.size, sent.length]).toEqual([0, 0])
    await exchange.send()
    // The entry that a newer one has replaced may still be in the store.
    expect(sent).toEqual([publicId])
    expect(state.changes).toBe(1)
  })

  it('keeps changes while the store is away, and no others', async () => {
    const { pool, exchange, sent, state, clock } = exchangeOf()
    state.isAway = true
    const { publicId } = pool.bans.add({ user: 'eve' })
    const gone = pool.bans.add({ user: 'max', seconds: 1 })
    await expect(exchange.send()).rejects.toThrow('away')
    exchange.apply([removalOf(publicId)])
    clock.advance(2000)
    pool.bans.remove(gone.publicId)
    state.isAway = false
    await exchange.send()
    expect(sent.map((each) => (typeof each === 'string' ? each : each.publicId))).toEqual([
      publicId,
    ])
    expect([pool.bans.size, exchange.pending]).toEqual([1, 0])
  })

  it('sends entries that the store has lost, but none that was removed meanwhile', async () => {
    const { pool, exchange, sent } = exchangeOf()
    const { publicId } = pool.bans.add({ user: 'eve' })
    await exchange.send()
    const entry = sent[0] as ClusterBan
    exchange.restore([entry])
    await exchange.send()
    expect(sent).toEqual([entry, entry])
    exchange.restore([entry])
    pool.bans.remove(publicId)
    exchange.restore([entry])
    await exchange.send()
    expect(sent.slice(2)).toEqual([publicId])
  })

  it('removes a ban that the cluster has removed before, such as one from a file', async () => {
    const { pool, exchange, state } = exchangeOf()
    pool.bans.add({ user: 'eve' })
    state.wasRemoved = true
    await exchange.send()
    expect([pool.bans.size, exchange.pending]).toEqual([0, 0])
  })

  it('counts entries that the pool refuses, and goes on', () => {
    const { pool, exchange } = exchangeOf({ maxBans: 1 })
    const author = exchangeOf()
    const [one, other] = ['eve', 'max'].map((user) => author.pool.bans.add({ user }))
    const entry = (ban: unknown, record = JSON.stringify(ban)): BanChange => ({
      ...{ publicId: 'x'.repeat(22), record, remainingMs: 0 },
    })
    exchange.apply([entry(one), entry(other), entry({ user: 1 }), entry(0, '{'), entry(null)])
    expect([pool.bans.size, exchange.refused]).toEqual([1, 4])
  })
})
