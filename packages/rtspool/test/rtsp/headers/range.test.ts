import { describe, expect, it } from 'vitest'
import { parseRange, serializeRange } from '../../../src/rtsp/headers/range.js'
import { fastestMs } from '../fastest.js'
import { rangeCases, refusedRanges } from '../header-cases.js'
import { checkCases } from './check-cases.js'

describe('Range', () => {
  checkCases(rangeCases, refusedRanges, parseRange, serializeRange)

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
