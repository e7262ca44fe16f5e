import { expect, it } from 'vitest'
import { WindowCounts } from '../../../src/session-pool/structures/window-counts.js'

it('counts in a window that begins with the first event of a key', () => {
  const counts = new WindowCounts(1000, 10)
  expect([0, 10, 999].map((now) => counts.note('a', now))).toEqual([1, 2, 3])
  expect(counts.note('b', 999)).toBe(1)
  expect([1000, 1999].map((now) => counts.note('a', now))).toEqual([1, 2])
  counts.forget('a')
  expect(counts.note('a', 1999)).toBe(1)
})

it('forgets the windows that began first when it has too many', () => {
  const counts = new WindowCounts(1000, 3)
  for (const key of ['a', 'b', 'c', 'd']) counts.note(key, 0)
  expect(counts.size).toBe(3)
  expect([counts.note('b', 1), counts.note('a', 1)]).toEqual([2, 1])
})

it('forgets windows that have ended', () => {
  const counts = new WindowCounts(1000, 1000)
  for (let n = 0; n < 100; n++) counts.note(`key ${n}`, 0)
  counts.note('later', 1000)
  expect(counts.size).toBe(1)
})
