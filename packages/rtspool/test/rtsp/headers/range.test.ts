import { describe, expect, it } from 'vitest'
import { parseRange, serializeRange } from '../../../src/rtsp/headers/range.js'
import { fastestMs } from '../fastest.js'
import { rangeCases, refusedRanges } from '../header-cases.js'
import { checkCases } from './check-cases.js'

describe('Range', () => {
  checkCases(rangeCases, refusedRanges, parseRange, serializeRange)

  it('ends before its start where it is played backwards, and only there', () => {
    expect(parseRange('npt=7-5', true)).toEqual({ unit: 'npt', start: 7, end: 5 })
    const clock = 'clock=20261129T120007Z-20261129T120005Z'
    const start = Date.UTC(2026, 10, 29, 12, 0, 7)
    expect(parseRange(clock, true)).toEqual({ unit: 'clock', start, end: start - 2000 })
    expect(() => parseRange(clock)).toThrow(/not before the start/)
  })

  it('an invalid time is misuse', () => {
    const end = undefined
    expect(() => serializeRange({ unit: 'npt', start: -1, end })).toThrow(RangeError)
    expect(() => serializeRange({ unit: 'npt', start: Number.NaN, end })).toThrow(RangeError)
    expect(() => serializeRange({ unit: 'clock', start: Number.NaN, end })).toThrow(RangeError)
  })

  it('64 KiB of digits in Range are handled in under 10 ms', { tags: 'B-LOOP' }, () => {
    for (const unit of ['npt', 'clock', 'smpte']) {
      const wire = `${unit}=${'1'.repeat(65536)}`
      expect(fastestMs(() => expect(() => parseRange(wire)).toThrow())).toBeLessThan(10)
    }
  })
})
