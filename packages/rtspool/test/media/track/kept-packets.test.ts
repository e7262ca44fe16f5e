import { describe, expect, it } from 'vitest'
import { CacheBudget } from '../../../src/media/track/cache-budget.js'
import { KeptPackets } from '../../../src/media/track/kept-packets.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { collectGarbage } from '../../support/collect-garbage.js'
import { nextTurn } from '../../support/until.js'

/** Memory by its definition: each row of packets in the same memory counts it once. */
function countedBytesOf(packets: readonly Buffer[]): number {
  let bytes = 0
  for (const [index, { buffer }] of packets.entries()) {
    if (buffer !== packets[index - 1]?.buffer) bytes += buffer.byteLength
  }
  return bytes
}

/** Memory that some packets really keep alive. */
function heldBytesOf(packets: readonly Buffer[]): number {
  const backings = new Set(packets.map(({ buffer }) => buffer))
  return [...backings].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

const sizeOf = (packets: readonly Buffer[]) => packets.reduce((sum, { length }) => sum + length, 0)

/** Packets as they come: several in a read, one in a read with much else, one alone. */
function* reads(random: () => number): Generator<Buffer, never> {
  for (let stamp = 0; ; ) {
    const size = [13, 200, 1400, 20_000][Math.floor(random() * 4)] ?? 13
    const readBytes = random() < 0.3 ? size : Math.max(size, random() < 0.5 ? 64 * 1024 : 8192)
    const read = Buffer.allocUnsafeSlow(readBytes)
    const count = random() < 0.5 ? 1 : Math.floor(readBytes / size)
    for (let index = 0; index < count; index++) {
      const packet = read.subarray(index * size, (index + 1) * size)
      packet.writeUInt32BE(stamp++)
      yield packet
    }
  }
}

describe('KeptPackets', { tags: 'S-6' }, () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'counts the remaining packets exactly after each drop: seed %i',
    { tags: 'generator' },
    (seed) => {
      const random = seededRandom(seed)
      const packets = reads(random)
      const kept = new KeptPackets()
      let model: Buffer[] = []
      for (let step = 0; step < 400; step++) {
        for (let count = Math.floor(random() * 20); count > 0; count--) {
          const packet = packets.next().value
          const same = kept.push(packet)
          if (!same.equals(packet)) throw new Error('other bytes are kept than were pushed')
          model.push(same)
        }
        if (random() < 0.2) expect(kept.list).toEqual(model)
        // Few packets, many, or all.
        const share = [0.05, 0.3, 1][Math.floor(random() * 12)] ?? 0.01
        const count = Math.ceil(model.length * share)
        kept.dropFirst(count)
        model = model.slice(count)
        expect([kept.length, kept.at(0)]).toEqual([model.length, model[0]])
        expect([kept.sizeBytes, kept.heldBytes]).toEqual([sizeOf(model), countedBytesOf(model)])
        expect(kept.heldBytes).toBeGreaterThanOrEqual(heldBytesOf(model))
      }
      kept.clear()
      expect([kept.length, kept.sizeBytes, kept.heldBytes]).toEqual([0, 0, 0])
    },
  )

  it('a list that was handed out stays as it is when packets are dropped', () => {
    const kept = new KeptPackets()
    const packets = Array.from({ length: 10 }, (_, index) => Buffer.alloc(20, index))
    for (const packet of packets) kept.push(packet)
    for (const count of [1, 2, 6]) {
      const list = kept.list
      const before = list.slice()
      kept.dropFirst(count)
      expect(list).toEqual(before)
      expect(kept.list).toEqual(before.slice(count))
    }
  })

  it('packets that were dropped leave the memory', async () => {
    const kept = new KeptPackets()
    const dropped: WeakRef<Buffer>[] = []
    for (let index = 0; index < 100; index++) {
      const packet = Buffer.allocUnsafeSlow(1000)
      if (index < 30) dropped.push(new WeakRef(packet))
      kept.push(packet)
    }
    kept.dropFirst(30)
    // A new reference holds its packet up to the end of the turn.
    await nextTurn()
    collectGarbage()
    expect(dropped.filter((packet) => packet.deref())).toEqual([])
    expect(kept.length).toBe(70)
  })

  it('a piece for copies in which no packet lies any more is not used again', () => {
    const kept = new KeptPackets()
    const sparse = () => Buffer.allocUnsafeSlow(64 * 1024).subarray(0, 13)
    // Four reads are kept, then come copies, then a read that its packets fill.
    for (let count = 0; count < 10; count++) kept.push(sparse())
    const full = Buffer.allocUnsafeSlow(100_000)
    for (let index = 0; index < 100; index++)
      kept.push(full.subarray(index * 1000, (index + 1) * 1000))
    kept.dropFirst(kept.length - 1)
    for (let count = 0; count < 10; count++) kept.push(sparse())
    expect(kept.heldBytes).toBe(countedBytesOf(kept.list))
  })
})

describe('the row of the budget', { tags: 'S-6' }, () => {
  it.each([1, 2, 3, 4, 5])(
    'gives up in the order of key frames: seed %i',
    { tags: 'generator' },
    (seed) => {
      const random = seededRandom(seed)
      const budget = new CacheBudget(Number.POSITIVE_INFINITY)
      const order: number[] = []
      let model: number[] = []
      const accounts = Array.from({ length: 30 }, (_, index) =>
        budget.openShare().open(() => order.push(index)),
      )
      const pick = () => Math.floor(random() * accounts.length)
      for (let step = 0; step < 500; step++) {
        const index = pick()
        const account = accounts[index]
        if (!account) continue
        const action = random()
        if (action < 0.2) {
          account.set(0)
          model = model.filter((each) => each !== index)
        } else if (action < 0.4) {
          account.isWatched = !account.isWatched
          if (account.bytes > 0) model = [...model.filter((each) => each !== index), index]
        } else {
          account.set(10)
          account.renew()
          model = [...model.filter((each) => each !== index), index]
        }
      }
      const isWatched = (index: number) => accounts[index]?.isWatched === true
      budget.maxBytes = -1
      const unwatched = model.filter((index) => !isWatched(index))
      expect(order).toEqual([...unwatched, ...model.filter(isWatched)])
      expect(budget.bytes).toBe(0)
    },
  )
})
