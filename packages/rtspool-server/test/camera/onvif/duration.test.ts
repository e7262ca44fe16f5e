import { describe, expect, it } from 'vitest'
import { dateTime, parseDuration } from '../../../src/camera/onvif/duration.js'

describe('parseDuration', () => {
  it.each([
    ['PT5S', 5000],
    ['PT1M', 60_000],
    ['PT0.25S', 250],
    ['P1DT2H3M4S', 93_784_000],
    ['PT0S', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', 'P', 'PT', '5S', 'P1Y', 'P1M', 'PT-5S', '2026-01-01T00:00:00Z'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('dateTime', () => {
  it('is in UTC with milliseconds', () => {
    expect(dateTime(1500)).toBe('1970-01-01T00:00:01.500Z')
  })
})
