import { describe, expect, it } from 'vitest'
import { LedgerTime } from '../../../src/cluster/memory/ledger-time.js'

describe('LedgerTime', () => {
  const start = Date.UTC(2026, 0, 1)
  const hourMs = 3_600_000

  it('moves on with the wall clock', () => {
    const time = new LedgerTime(10_000)
    time.advance(start)
    expect(time.advance(start + 1000)).toBe(1000)
    expect(time.at(start + 6000)).toBe(6000)
    expect(time.at(start + 1000)).toBe(1000)
  })

  it.each([
    { step: 'an hour forward', ms: hourMs },
    { step: 'an hour back', ms: -hourMs },
    { step: 'more than half a lease', ms: 5001 },
  ])('counts a step of $step as no time', ({ ms }) => {
    const time = new LedgerTime(10_000)
    time.advance(start)
    expect(time.advance(start + ms)).toBe(0)
    expect(time.advance(start + ms + 700)).toBe(700)
  })
})
