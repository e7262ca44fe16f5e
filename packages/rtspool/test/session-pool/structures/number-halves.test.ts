import { expect, test } from 'vitest'
import {
  highHalf,
  joinHalves,
  lowHalf,
  splitNumber,
} from '../../../src/session-pool/structures/number-halves.js'

test.each([
  0,
  0.1,
  1_763_884_800_000.123,
  2 ** 31,
  2 ** 53 - 1,
  -1.5,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
])('%d stays the same after splitting, and its halves have 32 bits', (value) => {
  splitNumber(value)
  const [low, high] = [lowHalf(), highHalf()]
  expect([low | 0, high | 0]).toEqual([low, high])
  expect(joinHalves(low, high)).toBe(value)
})
