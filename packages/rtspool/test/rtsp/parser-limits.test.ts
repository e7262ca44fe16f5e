import { describe, expect, it } from 'vitest'
import { resolveRtspParserLimits, rtspParserLimitsDefaults } from '../../src/rtsp/parser-limits.js'

describe('limits of the parser', () => {
  it('every limit is finite by default', { tags: 'B-BIG' }, () => {
    expect(resolveRtspParserLimits()).toEqual(rtspParserLimitsDefaults)
    for (const limit of Object.values(rtspParserLimitsDefaults)) {
      expect(Number.isSafeInteger(limit)).toBe(true)
    }
  })

  it('undefined replaces no default, and the result is frozen', () => {
    const limits = resolveRtspParserLimits({ maxHeaders: undefined, maxBodyBytes: 0 } as object)
    expect(limits).toEqual({ ...rtspParserLimitsDefaults, maxBodyBytes: 0 })
    expect(Object.isFrozen(limits)).toBe(true)
  })

  it('any value except a whole number of 0 or more is misuse', () => {
    for (const maxHeaders of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => resolveRtspParserLimits({ maxHeaders })).toThrow(RangeError)
    }
  })
})
