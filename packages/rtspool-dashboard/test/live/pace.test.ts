import { describe, expect, it } from 'vitest'
import { catchUpOf, paceOf } from '../../src/live/pace.js'

const until = (end: number) => [{ start: 0, end }]

describe('pace of a live player', () => {
  it('plays normally up to a second behind', () => {
    expect(paceOf(9.2, 1, until(10), true)).toEqual({ rate: 1 })
  })

  it('hurries above a second behind, until it is live again', () => {
    expect(paceOf(8.5, 1, until(10), true)).toEqual({ rate: 1.1 })
    expect(paceOf(9.5, 1.1, until(10), true)).toEqual({ rate: 1.1 })
    expect(paceOf(9.7, 1.1, until(10), true)).toEqual({ rate: 1 })
  })

  it('jumps above three seconds behind, and above one where it may not hurry', () => {
    expect(paceOf(6, 1, until(10), true)).toEqual({ rate: 1, seekTo: 9.85 })
    expect(paceOf(8.5, 1, until(10), false)).toEqual({ rate: 1, seekTo: 9.85 })
  })

  it('begins close to the newest picture', () => {
    expect(paceOf(0, 1, [{ start: 10, end: 12 }], true)).toEqual({ rate: 1, seekTo: 11.85 })
    expect(paceOf(0, 1, [{ start: 10, end: 10.04 }], true)).toEqual({ rate: 1, seekTo: 10 })
  })

  it('jumps over a gap, and waits where nothing follows', () => {
    const ranges = [
      { start: 0, end: 4 },
      { start: 5, end: 6 },
      { start: 7, end: 8 },
    ]
    expect(paceOf(4.5, 1, ranges, true)).toEqual({ rate: 1, seekTo: 5 })
    expect(paceOf(8.2, 1, ranges, true)).toEqual({ rate: 1 })
    expect(paceOf(3, 1, [], true)).toEqual({ rate: 1 })
  })
})

describe('the jump after the first picture', () => {
  it('ends close to the newest picture, where that is further away', () => {
    expect(catchUpOf(10, [{ start: 10, end: 12 }])).toBeCloseTo(11.85)
    expect(catchUpOf(10, [{ start: 10, end: 10.35 }])).toBeUndefined()
    expect(catchUpOf(10, [])).toBeUndefined()
  })
})
