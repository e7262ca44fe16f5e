import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseNptTime,
  parseSmpteTime,
  parseUtcTime,
  serializeNptTime,
  serializeSmpteTime,
  serializeUtcTime,
} from '../../../src/rtsp/headers/range-time.js'

describe('times of a range', () => {
  it('npt survives to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (microseconds) => {
        const seconds = microseconds / 1e6
        expect(parseNptTime(serializeNptTime(seconds))).toBeCloseTo(seconds, 6)
      }),
    )
  })

  it('npt is written without an exponent and without trailing zeros', () => {
    expect([0, 1e-7, 0.1 + 0.2, 10, 1e9].map(serializeNptTime)).toEqual([
      '0',
      '0',
      '0.3',
      '10',
      '1000000000',
    ])
  })

  it('clock survives to the millisecond', () => {
    const min = Date.parse('0000-01-01T00:00:00Z')
    const max = Date.UTC(10000, 0) - 1
    fc.assert(
      fc.property(fc.integer({ min, max }), (timeMs) => {
        expect(parseUtcTime(serializeUtcTime(timeMs))).toBeCloseTo(timeMs, 3)
      }),
    )
  })

  it('smpte survives', () => {
    const field = (max: number) => fc.integer({ min: 0, max })
    const time = fc.record({
      hours: field(99),
      minutes: field(59),
      seconds: field(59),
      frames: field(99),
      subframes: field(99),
    })
    fc.assert(
      fc.property(time, (value) => {
        expect(parseSmpteTime(serializeSmpteTime(value))).toEqual(value)
      }),
    )
  })
})
