import { describe, expect, it } from 'vitest'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { CacheBudget, type CacheShare } from '../../../src/media/track/cache-budget.js'
import { RecentPackets } from '../../../src/media/track/gop-cache.js'
import { rtpPacket } from '../../support/test-server.js'

const { entry, firstLead } = packetRoles
const kib = 1024
const limits = { maxBytes: 8 * kib * kib, maxSeconds: 10 }
const packet = (sequenceNumber: number, size: number) =>
  Buffer.from(rtpPacket({ sequenceNumber, payload: Buffer.alloc(size) }))

/** A cache of pictures, each packet in memory of its own. */
class TestCache {
  readonly recent: RecentPackets
  #next = 0

  constructor(share: CacheShare) {
    this.recent = new RecentPackets(limits, 90_000, true, share)
  }

  push(size: number, isKey = false): void {
    const bytes = Buffer.allocUnsafeSlow(12 + size)
    packet(this.#next++ & 0xffff, size).copy(bytes)
    this.recent.push(bytes, isKey ? entry | firstLead : 0)
  }

  get isEmpty(): boolean {
    return this.recent.packets.length === 0
  }
}

const open = (budget: CacheBudget) => new TestCache(budget.openShare())

describe('the budget of all caches', { tags: 'S-6' }, () => {
  it('empties the cache with the oldest unwatched key frame first, then watched ones', () => {
    const budget = new CacheBudget(400 * kib)
    const caches = [0, 1, 2, 3, 4].map(() => open(budget))
    const [a, b, c, d, e] = caches as [TestCache, TestCache, TestCache, TestCache, TestCache]
    const given = () => caches.flatMap(({ isEmpty }, index) => (isEmpty ? [index] : []))
    for (const each of caches) each.push(79 * kib, true)
    a.recent.isWatched = true
    // Its key frame is newer than that of the others now.
    b.push(79 * kib, true)
    expect(given()).toEqual([])
    e.push(20 * kib)
    expect(given()).toEqual([2])
    c.push(79 * kib, true)
    expect(given()).toEqual([3])
    d.push(79 * kib, true)
    expect([given(), budget.givenUp]).toEqual([[4], 3])
    for (const each of [b, c, d]) each.recent.isWatched = true
    e.push(79 * kib, true)
    expect(given()).toEqual([])
    // The one that grows is the only one that nobody watches.
    e.push(20 * kib)
    expect(given()).toEqual([4])
    e.push(79 * kib, true)
    e.recent.isWatched = true
    e.push(20 * kib)
    expect(given()).toEqual([0])
  })

  it('a quarter is for one share; of more, the cache that grows is given up', () => {
    const budget = new CacheBudget(400 * kib)
    const share = budget.openShare()
    const [one, two, other] = [new TestCache(share), new TestCache(share), open(budget)]
    other.push(90 * kib, true)
    one.push(60 * kib, true)
    two.push(30 * kib, true)
    two.push(20 * kib)
    expect([one.isEmpty, two.isEmpty, other.isEmpty]).toEqual([false, true, false])
    expect(share.bytes).toBe(one.recent.heldBytes)
  })

  it('0 keeps nothing, Infinity everything', () => {
    const [none, all] = [new CacheBudget(0), new CacheBudget(Number.POSITIVE_INFINITY)]
    const [first, second] = [open(none), open(all)]
    for (const each of [first, second]) {
      each.push(10, true)
      each.push(10)
    }
    expect([first.isEmpty, none.bytes, second.recent.packets.length]).toEqual([true, 0, 2])
  })

  it('counts the memory held by views, and an object for each packet', () => {
    const budget = new CacheBudget(100 * kib * kib)
    const cache = new RecentPackets(limits, 90_000, true, budget.openShare())
    const read = Buffer.allocUnsafeSlow(64 * kib)
    packet(0, 10).copy(read)
    for (let n = 0; n < 1000; n++) cache.push(read.subarray(0, 22), n ? 0 : entry | firstLead)
    expect(budget.bytes).toBeGreaterThan(64 * kib + 100 * 1000)
    expect(budget.bytes).toBe(cache.heldBytes)
    cache.clear()
    expect(budget.bytes).toBe(0)
  })

  it('takes the same time for five thousand caches', () => {
    const budget = new CacheBudget(5_000 * kib)
    const caches = Array.from({ length: 5_000 }, () => open(budget))
    for (let round = 0; round < 3; round++) for (const each of caches) each.push(2 * kib, true)
    expect(budget.bytes).toBeLessThanOrEqual(5_000 * kib)
    expect(budget.givenUp).toBeGreaterThan(2_500)
  })
})
