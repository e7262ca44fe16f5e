import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allocateRing,
  hasReached,
  isAhead,
  ringEntry,
  SharedRing,
} from '../../../src/transport/threads/shared-ring.js'
import { fuzzRuns } from '../../support/fuzz-runs.js'

const unitBytes = 8
const headerUnits = 2

/** Positions around those at which 32-bit numbers change their sign, or wrap. */
const beginnings = [0, 5, 2 ** 31 - 9, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 7, 2 ** 32 - 1]

type Step =
  | { readonly kind: 'write'; readonly sizeBytes: number; readonly spareUnits: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'read' }
  | { readonly kind: 'free' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        sizeBytes: fc.nat(90),
        spareUnits: fc.constantFrom(0, 0, 8),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('free' as const) }) },
  ),
  { maxLength: 120 },
)

/** The ring as lists and numbers without limit. */
class Model {
  readonly written: { start: number; end: number; fill: number; sizeBytes: number }[] = []
  shown = 0
  read = 0
  position: number
  freed: number
  tail: number

  readonly units: number

  constructor(position: number, units: number) {
    this.units = units
    this.position = position
    this.freed = position
    this.tail = position
  }

  /** Returns the position of an entry, or -1 without room. */
  place(sizeBytes: number, spareUnits: number): number {
    const units = headerUnits + Math.ceil(sizeBytes / unitBytes)
    const toEnd = this.units - (this.position % this.units)
    const skipped = units > toEnd ? toEnd : 0
    const used = this.position - this.freed
    return used + skipped + units + spareUnits > this.units ? -1 : this.position + skipped
  }
}

describe('SharedRing', () => {
  it.each(beginnings)('does as a list does, from position %i on', (beginning) => {
    fc.assert(
      fc.property(steps, fc.constantFrom(16, 32, 128), (history, units) => {
        const memory = allocateRing(units * unitBytes, beginning)
        const producer = new SharedRing(memory)
        const consumer = new SharedRing(memory)
        const model = new Model(beginning, units)
        const entry = ringEntry()
        let fill = 0
        for (const step of history) {
          if (step.kind === 'write') {
            const start = model.place(step.sizeBytes, step.spareUnits)
            const offset = producer.reserve(7, fill, ~fill, step.sizeBytes, step.spareUnits)
            expect(offset >= 0).toBe(start >= 0)
            if (start < 0) continue
            const { sizeBytes } = step
            const end = start + headerUnits + Math.ceil(sizeBytes / unitBytes)
            expect(offset).toBe(((start % units) + headerUnits) * unitBytes)
            producer.bytes.fill(fill & 0xff, offset, offset + sizeBytes)
            model.written.push({ start, end, fill, sizeBytes })
            model.position = end
            expect(producer.position).toBe(end | 0)
            fill++
          } else if (step.kind === 'commit') {
            producer.commit()
            model.shown = model.written.length
          } else if (step.kind === 'read') {
            const next = model.read < model.shown ? model.written[model.read] : undefined
            expect(consumer.read(entry)).toBe(next !== undefined)
            if (!next) continue
            expect([entry.kind, entry.id, entry.argument]).toEqual([7, next.fill, ~next.fill])
            expect([entry.start, entry.end]).toEqual([next.start | 0, next.end | 0])
            const payload = consumer.bytes.subarray(entry.offset, entry.offset + next.sizeBytes)
            expect(payload.equals(Buffer.alloc(next.sizeBytes, next.fill & 0xff))).toBe(true)
            consumer.advance(entry)
            model.tail = next.end
            model.read++
            expect(producer.handled).toBe(next.end | 0)
          } else {
            producer.free(producer.handled)
            model.freed = model.tail
          }
        }
      }),
      { numRuns: fuzzRuns(300) },
    )
  })

  it('compares positions across the wrap', () => {
    expect(hasReached(5, 5)).toBe(true)
    expect(hasReached((2 ** 31) | 0, 2 ** 31 - 1)).toBe(true)
    expect(hasReached(2 ** 31 - 1, (2 ** 31) | 0)).toBe(false)
    expect(hasReached(0, -1)).toBe(true)
    expect(hasReached(-1, 0)).toBe(false)
  })

  it('tells a position a little ahead from one of any age', () => {
    const units = 1024
    for (const beginning of beginnings) {
      const is = (distance: number) => isAhead((beginning + distance) | 0, beginning | 0, units)
      for (const distance of [1, 2, units]) expect(is(distance)).toBe(true)
      for (const age of [0, 1, units, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - units - 1])
        expect(is(-age)).toBe(false)
    }
  })

  it('raises one notice until it has arrived', () => {
    const ring = new SharedRing(allocateRing(64))
    expect([ring.raiseNotice(), ring.raiseNotice()]).toEqual([true, false])
    ring.lowerNotice()
    expect(ring.raiseNotice()).toBe(true)
  })
})
