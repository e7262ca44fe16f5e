import { describe, expect, it } from 'vitest'
import { DecodeTimes } from '../../src/codec/decode-times.js'

const frame = 3600

/** Places pictures, given in frames; returns decoding times and durations in frames. */
function placed(times: DecodeTimes, presentation: readonly number[]) {
  return presentation.map((at) => {
    const { decodeTime, duration } = times.place(at * frame)
    return { at, decodeTime: decodeTime / frame, duration: duration / frame }
  })
}

/** Pictures in decoding order: each group is a reference, and then what is presented before it. */
const reordered = (groups: number, before: number): number[] =>
  Array.from({ length: groups }, (_, group) => {
    const base = group * (before + 1)
    return [base + before, ...Array.from({ length: before }, (_, index) => base + index)]
  }).flat()

describe('decoding times', () => {
  it('are the times of presentation where nothing is reordered', () => {
    const pictures = placed(new DecodeTimes(90_000), [0, 1, 2, 3])
    expect(pictures.map(({ decodeTime }) => decodeTime)).toEqual([0, 1, 2, 3])
    expect(pictures.map(({ duration }) => duration)).toEqual([1, 1, 1, 1])
  })

  it.for([1, 2, 3])('advance evenly where %i pictures are reordered', (before) => {
    const pictures = placed(new DecodeTimes(90_000), reordered(20, before))
    const settled = pictures.slice(8 * (before + 1))
    for (const { at, decodeTime, duration } of settled) {
      expect(duration).toBe(1)
      expect(decodeTime).toBeLessThanOrEqual(at)
    }
  })

  it('leave no gap, whatever the times of presentation do', () => {
    const wild = [0, 5, 1, 1, 9, 2, 30, 31, 29, 31.5, 60, 61, 61.2, 62]
    const pictures = placed(new DecodeTimes(90_000), wild)
    pictures.slice(1).forEach(({ decodeTime }, index) => {
      const { decodeTime: before = 0, duration = 0 } = pictures[index] ?? {}
      expect(decodeTime).toBeCloseTo(before + duration, 6)
      expect(duration).toBeGreaterThan(0)
    })
  })

  it('make up for a pause with one long picture', () => {
    const pictures = placed(new DecodeTimes(90_000), [0, 1, 2, 10, 11, 12])
    expect(pictures.map(({ decodeTime }) => decodeTime)).toEqual([0, 1, 2, 3, 11, 12])
    expect(pictures.map(({ duration }) => duration)).toEqual([1, 1, 1, 8, 1, 1])
  })
})
