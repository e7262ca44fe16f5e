import { describe, expect, it } from 'vitest'
import { backoffMs } from '../src/backoff.js'

describe('the delay before another attempt', () => {
  const steady = { firstMs: 1000, maxMs: 30_000, jitter: 0 }

  it('doubles with each failure, up to the maximum', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(steady, failures, 1))
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  })

  it('stays at the maximum after any number of failures', () => {
    expect(backoffMs(steady, 100_000, 0)).toBe(30_000)
  })

  it('is the first one before any failure', () => {
    expect(backoffMs(steady, 0, 0)).toBe(1000)
  })

  it.each([
    [0, 4000],
    [0.5, 3500],
    [1, 3000],
  ])('is shortened by chance (%d), and never longer', (random, delayMs) => {
    expect(backoffMs({ ...steady, jitter: 0.25 }, 3, random)).toBe(delayMs)
  })
})
