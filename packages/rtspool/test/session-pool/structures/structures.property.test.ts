import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CreationChain } from '../../../src/session-pool/structures/creation-chain.js'
import { CreationOrder } from '../../../src/session-pool/structures/creation-order.js'
import { IdTable } from '../../../src/session-pool/structures/id-table.js'
import { TimingWheel, tickMs } from '../../../src/session-pool/structures/timing-wheel.js'

describe('IdTable', () => {
  const idOf = (index: number) => ({ id: `session-${index}` })

  test('finds items that were added and not deleted, like a Map', () => {
    const step = fc.tuple(fc.boolean(), fc.nat(300))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000 }), (steps) => {
        const table = new IdTable<{ id: string }>()
        const model = new Map<string, { item: { id: string }; handle: number }>()
        for (const [adds, index] of steps) {
          const item = idOf(index)
          const known = model.get(item.id)
          expect(table.get(item.id)).toBe(known?.item)
          if (adds && !known) model.set(item.id, { item, handle: table.add(item) })
          if (!adds && known) {
            table.delete(known.handle)
            model.delete(item.id)
          }
          expect(table.size).toBe(model.size)
        }
        for (const { item, handle } of model.values()) {
          expect(table.get(item.id)).toBe(item)
          expect(table.at(handle)).toBe(item)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('finds ids that differ only in characters that the quick hash does not read', () => {
    const table = new IdTable<{ id: string }>()
    const items = Array.from({ length: 4000 }, (_, index) => ({
      id: `${String(index).padStart(24, '0').split('').join('xx')}zzzzzzzz`,
    }))
    for (const item of items) table.add(item)
    for (const item of items) expect(table.get(item.id)).toBe(item)
    expect(table.get(`${items[0]?.id}0`)).toBeUndefined()
  })

  test('frees its memory when it is empty', () => {
    const table = new IdTable<{ id: string }>()
    const handles = Array.from({ length: 1000 }, (_, index) => table.add(idOf(index)))
    for (const handle of handles) table.delete(handle)
    expect(table.handles).toBe(0)
    expect(table.get('session-1')).toBeUndefined()
    expect(table.add(idOf(1))).toBe(0)
  })
})

describe('TimingWheel', () => {
  /**
   * Turns the wheel to `now`; returns the items that came up and the latest time at which each
   * should.
   */
  function turn(wheel: TimingWheel, now: number, due: Map<number, number>): number[] {
    const up: number[] = []
    for (let tick = wheel.nextTick(); tick * tickMs <= now; tick = wheel.nextTick()) {
      const slot = wheel.open(tick)
      for (let handle = wheel.take(slot); handle !== undefined; handle = wheel.take(slot)) {
        if ((due.get(handle) ?? 0) <= now) up.push(handle)
        else wheel.file(handle, due.get(handle) as number)
      }
      wheel.close(slot, tick)
    }
    wheel.advanceTo(Math.floor(now / tickMs))
    return up
  }

  test('each item comes up when its time is over, and at most one tick later', () => {
    const delay = fc.oneof(
      fc.nat(100),
      fc.nat(100_000),
      fc.nat(2 ** 31),
      fc.double({ min: 0, max: 2 ** 45, noNaN: true }),
    )
    const step = fc.record({ delay, files: fc.nat(5), unfiles: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(1000), (steps, start) => {
        const wheel = new TimingWheel(start)
        const due = new Map<number, number>()
        let now = start
        let next = 0
        for (const { delay, files, unfiles } of steps) {
          for (let count = 0; count < files; count++) {
            due.set(next, now + delay / (count + 1))
            wheel.file(next, now + delay / (count + 1))
            next++
          }
          if (unfiles) {
            for (const handle of [...due.keys()].filter((each) => each % 5 === 0)) {
              wheel.unfile(handle)
              due.delete(handle)
            }
          }
          now += delay / 3
          for (const handle of turn(wheel, now, due)) due.delete(handle)
          for (const at of due.values()) expect(at).toBeGreaterThan(now - tickMs)
        }
        while (due.size > 0) {
          const tick = wheel.nextTick()
          now = Math.max(now, tick * tickMs)
          for (const handle of turn(wheel, now, due)) {
            expect(now - (due.get(handle) as number)).toBeLessThan(tickMs + now * 1e-15)
            due.delete(handle)
          }
        }
        expect(wheel.nextTick()).toBe(Number.POSITIVE_INFINITY)
      }),
      { numRuns: 300 },
    )
  })
})

describe.each([
  ['CreationChain', () => chainList()],
  ['CreationOrder', () => orderedList()],
] as const)('%s', (_name, make) => {
  test('lists the remaining items behind any serial number, in order', () => {
    const step = fc.record({
      adds: fc.nat(400),
      deletes: fc.array(fc.nat(), { maxLength: 300 }),
      from: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const list = make()
        const model: number[] = []
        let serial = 0
        for (const { adds, deletes, from } of steps) {
          for (let count = 0; count < adds; count++) {
            model.push(++serial)
            list.add(serial)
          }
          for (const each of deletes) {
            const [deleted] = model.splice(each % Math.max(1, model.length), 1)
            if (deleted !== undefined) list.delete(deleted)
          }
          const after = from % (serial + 2)
          expect(list.after(after)).toEqual(model.filter((each) => each > after))
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('CreationOrder: an item may be inserted at its position later', () => {
  const item = fc.uniqueArray(fc.nat(5000), { maxLength: 1000 })
  fc.assert(
    fc.property(item, (serials) => {
      const list = orderedList()
      for (const serial of serials) list.add(serial)
      expect(list.after(-1)).toEqual([...serials].sort((a, b) => a - b))
    }),
    { numRuns: 60 },
  )
})

interface List {
  add(serial: number): void
  delete(serial: number): void
  after(serial: number): number[]
}

function orderedList(): List {
  const order = new CreationOrder<{ serial: number }>(({ serial }) => serial)
  const items = new Map<number, { serial: number }>()
  return {
    add(serial) {
      items.set(serial, { serial })
      order.insert(items.get(serial) as { serial: number })
      expect(order.size).toBe(items.size)
    },
    delete(serial) {
      order.delete(items.get(serial) as { serial: number })
      items.delete(serial)
    },
    after: (serial) => [...order.after(serial)].map((item) => item.serial),
  }
}

function chainList(): List {
  const chain = new CreationChain()
  const handles = new Map<number, number>()
  const free: number[] = []
  let next = 0
  return {
    add(serial) {
      const handle = free.pop() ?? next++
      expect(chain.append(handle)).toBe(serial)
      handles.set(serial, handle)
    },
    delete(serial) {
      const handle = handles.get(serial) as number
      chain.delete(handle)
      free.push(handle)
    },
    after(serial) {
      const serials: number[] = []
      let handle = chain.firstAfter(serial)
      while (handle !== undefined) {
        serials.push(chain.serialOf(handle))
        handle = chain.nextOf(handle, chain.serialOf(handle))
      }
      return serials
    },
  }
}
