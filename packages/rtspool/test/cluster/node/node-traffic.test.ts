import { describe, expect, it } from 'vitest'
import type { BeatReply } from '../../../src/cluster/cluster-store.js'
import { MemoryStore } from '../../../src/cluster/memory-store.js'
import { ClusterAdmission } from '../../../src/cluster/node/cluster-admission.js'
import { ClusterMember } from '../../../src/cluster/node/cluster-member.js'
import { NodeTraffic } from '../../../src/cluster/node/node-traffic.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

/** Traffic of one node with a beat each second, and the times of its beats. */
function trafficOf(changeReply: (reply: BeatReply) => BeatReply = (reply) => reply) {
  const cut = { isCut: false }
  const clock = new ManualClock(0)
  const store = new MemoryStore({ clock, warmMs: 0 })
  const beats: number[] = []
  const failures: unknown[] = []
  let tags = 0
  const member = new ClusterMember({
    ...{
      info: '{}',
      policy: 'keep',
      leaseMs: 9000,
      spareCredits: 3,
      overdraft: 0,
      maxPendingRemovals: 10,
    },
    ...{ createTag: () => `tag${++tags}`, createNonce: () => 'nonce', onFenced: () => {} },
  })
  const admission = new ClusterAdmission({ member, clock, waitMs: 500, askStore: () => {} })
  const traffic = new NodeTraffic({
    ...{ member, admission, clock, beatMs: 1000, flushMs: 100 },
    store: new Proxy(store, {
      get(target, name) {
        const member = Reflect.get(target, name) as (request: unknown) => Promise<unknown>
        return async (request: unknown) => {
          if (cut.isCut) throw new Error('away')
          const reply = await member.call(target, request)
          if (name !== 'beat') return reply
          beats.push(Math.round(clock.now()))
          return changeReply(reply as BeatReply)
        }
      },
    }),
    onReply: () => {},
    onBeat: () => {},
    onFailure: (error) => failures.push(error),
  })
  const pass = async (ms: number) => {
    for (let n = 0; n < ms / 10; n++) {
      clock.advance(10)
      await nextTurn()
    }
  }
  return { cut, clock, store, member, admission, traffic, beats, failures, pass }
}

describe('NodeTraffic', () => {
  it('joins, then sends beats at the interval, and nothing else without changes', async () => {
    const { traffic, beats, pass, clock, store, member } = trafficOf()
    traffic.start()
    await pass(3500)
    expect(beats).toHaveLength(4)
    for (const [n, at] of beats.slice(1).entries()) expect(at - (beats[n] ?? 0)).toBe(1000)
    expect(clock.pendingTimers).toBe(1)
    await traffic.close(async () => {})
    expect(clock.pendingTimers).toBe(0)
    expect(await store.nodes()).toMatchObject([{ tag: member.tag, state: 'dead' }])
  })

  it.each([
    { reason: 'more bans wait', change: { hasMoreBans: true } },
    { reason: 'others starve and it has idle credits', change: { isStarving: true } },
  ])('hurries when $reason', async ({ change }) => {
    const { traffic, member, beats, pass } = trafficOf(
      (reply) => ({ ...reply, ...change }) as BeatReply,
    )
    member.tryTake([{ key: 'pool', max: 9 }], 0)
    traffic.start()
    await pass(300)
    expect(beats.length).toBeGreaterThan(1)
    await traffic.close(async () => {})
  })

  it('joins again under another tag when the store has declared the node dead', async () => {
    const { traffic, store, member, pass } = trafficOf()
    traffic.start()
    await pass(100)
    await store.leave({ tag: 'tag1', epoch: member.epoch })
    member.journal.put('x', 'v')
    await pass(1500)
    expect(member.tag).toBe('tag2')
    expect(await store.directory('tag2')).toEqual([{ publicId: 'x', value: 'v' }])
    await traffic.close(async () => {})
  })

  it('sends beats at the interval while others have the credits that it had before it was fenced', async () => {
    const { traffic, store, member, beats, pass } = trafficOf()
    traffic.start()
    for (let n = 0; n < 2; n++) member.tryTake([{ key: 'pool', max: 2 }], 0)
    await pass(1500)
    for (let n = 0; n < 2; n++) member.tryTake([{ key: 'pool', max: 2 }], 0)
    await pass(500)
    expect(member.credits.live('pool')).toBe(2)
    await store.leave({ tag: member.tag, epoch: member.epoch })
    const claims = [{ key: 'pool', target: 1, max: 2 }]
    await store.join({ tag: 'other', nonce: 'n', info: '{}', claims })
    await pass(1500)
    expect([traffic.joins, member.credits.held('pool')]).toEqual([2, 1])
    const before = beats.length
    await pass(3000)
    expect(beats.length - before).toBeLessThanOrEqual(4)
    await traffic.close(async () => {})
  })

  it('counts its joins, and the time without the store from the first beat that failed', async () => {
    const { cut, traffic, store, member, pass } = trafficOf()
    expect([traffic.joins, traffic.awayMs, traffic.isAway]).toEqual([0, 0, false])
    traffic.start()
    await pass(500)
    cut.isCut = true
    // The next beat, after a second, fails.
    await pass(2500)
    expect([traffic.joins, traffic.isAway, Math.round(traffic.awayMs / 100)]).toEqual([1, true, 20])
    cut.isCut = false
    await pass(4000)
    const away = traffic.awayMs
    expect([away > 2000, away < 5000, traffic.isAway]).toEqual([true, true, false])
    await pass(1000)
    expect([traffic.joins, traffic.awayMs]).toEqual([1, away])
    await store.leave({ tag: member.tag, epoch: member.epoch })
    await pass(1500)
    expect(traffic.joins).toBe(2)
    await traffic.close(async () => {})
  })

  it('removes what a dead node has left', async () => {
    const { traffic, store, pass, member } = trafficOf()
    traffic.start()
    await pass(100)
    const claims = [{ key: 'user ann', target: 1, max: 1 }]
    await store.join({ tag: 'other', nonce: 'n', info: '{}', claims })
    await store.leave({ tag: 'other', epoch: member.epoch })
    await pass(1200)
    expect(await store.usage('user ann')).toEqual({ granted: 0, nodes: {} })
    expect(await store.nodes()).toHaveLength(1)
    await traffic.close(async () => {})
  })

  it('lets clients that wait try again when a beat fails', async () => {
    let isCut = false
    const { traffic, pass, admission, failures, member } = trafficOf((reply) => {
      if (isCut) throw new Error('away')
      return reply
    })
    traffic.start()
    await pass(100)
    const tries: boolean[] = []
    admission.retry = () => void tries.push(member.isAway)
    isCut = true
    await pass(1000)
    expect(failures.length).toBeGreaterThan(0)
    expect([tries, traffic.isAway]).toEqual([failures.map(() => true), true])
    isCut = false
    await pass(3000)
    expect([tries.at(-1), traffic.isAway]).toEqual([false, false])
    await traffic.close(async () => {})
  })

  it('leaves a pause between beats, however many clients ask for credits', async () => {
    const { traffic, beats, pass } = trafficOf()
    traffic.start()
    await pass(1500)
    const before = beats.length
    for (let n = 0; n < 100; n++) {
      traffic.hurry()
      await pass(10)
    }
    const hasty = beats.slice(before)
    // The first at once, because the last one was half a second ago; then one each 50 ms.
    expect((hasty[0] ?? 0) - (beats[before - 1] ?? 0)).toBeLessThan(550)
    expect(hasty.length).toBeGreaterThan(10)
    expect(hasty.length).toBeLessThan(23)
    await traffic.close(async () => {})
  })

  it('gives up at the first failure when it closes', async () => {
    const { traffic, pass, failures, store, member } = trafficOf()
    traffic.start()
    await pass(100)
    await traffic.close(() => Promise.reject(new Error('away')))
    expect(failures).toEqual([new Error('away')])
    expect(await store.nodes()).toMatchObject([{ tag: member.tag, state: 'active' }])
  })
})
