import { describe, expect, it } from 'vitest'
import { CatchUp } from '../../../src/media/timeline/catch-up.js'
import { timestampDistance } from '../../../src/rtp/index.js'

const pictures = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => (from + index * 3_600) >>> 0)

const distances = (from: number, timestamps: readonly number[]): number[] =>
  timestamps.map((each) => timestampDistance(from, each))

describe('a catch-up', () => {
  it.each([0, 2 ** 32 - 50_000])('moves pictures up to the present together: %i', (at) => {
    const [next, present] = [(at + 90_000) >>> 0, (at + 99_000) >>> 0]
    const catchUp = new CatchUp({ at, next, present, clockRate: 90_000 })
    const sent = pictures(at, 40).map((each) => catchUp.timestampOf(each))
    const ticks = distances(at, sent)
    expect(ticks[0]).toBe(90_000)
    expect(ticks.slice(28)).toEqual(distances(at, pictures(at, 40)).slice(28))
    for (const [index, each] of ticks.slice(1).entries()) {
      expect(each).toBeGreaterThan(ticks[index] ?? 0)
    }
  })

  it('lasts 20 ms of RTP where viewers have been sent the present', () => {
    const catchUp = new CatchUp({ at: 0, next: 91_800, present: 90_000, clockRate: 90_000 })
    expect(catchUp.timestampOf(0)).toBe(91_800)
    expect(catchUp.timestampOf(90_000)).toBeLessThan(91_800 + 1_800)
    expect(catchUp.timestampOf(93_600)).toBe(93_600)
    expect(catchUp.timestampOf(97_200)).toBe(97_200)
  })

  it('is over once no earlier picture can follow', () => {
    const catchUp = new CatchUp({ at: 0, next: 90_000, present: 90_000, clockRate: 90_000 })
    expect(catchUp.isOver(91_800)).toBe(false)
    expect(catchUp.isOver(91_800 + 200_000)).toBe(true)
  })
})
