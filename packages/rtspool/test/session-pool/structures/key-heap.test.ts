import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyHeap } from '../../../src/session-pool/structures/key-heap.js'

interface Item {
  key: number
}

describe('KeyHeap', () => {
  it('has the item with the smallest key first, like a scan of all items', () => {
    const step = fc.tuple(fc.nat(20), fc.option(fc.nat(1000)))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const items: Item[] = Array.from({ length: 21 }, () => ({ key: 0 }))
        const held = new Set<Item>()
        const heap = new KeyHeap<Item>(({ key }) => key)
        for (const [index, key] of steps) {
          const item = items[index] as Item
          if (key === null) {
            heap.delete(item)
            held.delete(item)
          } else {
            item.key = key
            heap.file(item)
            held.add(item)
          }
          const keys = [...held].map((each) => each.key)
          const smallest = Math.min(Number.POSITIVE_INFINITY, ...keys)
          expect([heap.size, heap.smallestKey]).toEqual([held.size, smallest])
          expect(heap.first?.key).toBe(held.size > 0 ? smallest : undefined)
        }
      }),
    )
  })

  it('takes few steps for each change, however many items there are', () => {
    const size = 100_000
    let looks = 0
    const heap = new KeyHeap<Item>(({ key }) => {
      looks++
      return key
    })
    const items = Array.from({ length: size }, (_, index) => ({ key: (index * 7919) % size }))
    for (const item of items) heap.file(item)
    looks = 0
    for (const item of items.slice(0, 1000)) {
      item.key = (item.key * 31) % size
      heap.file(item)
      heap.delete(item)
    }
    expect(looks / 2000).toBeLessThan(6 * Math.log2(size))
  })
})
