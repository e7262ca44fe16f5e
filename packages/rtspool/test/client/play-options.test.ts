import { describe, expect, it } from 'vitest'
import { checkPlayOptions, rangeFrom } from '../../src/client/play-options.js'

describe('options of PLAY', () => {
  it('become numbers without an exponent', () => {
    expect(rangeFrom(1e-7)).toBe('npt=0.000-')
    expect(rangeFrom(1e9)).toBe('npt=1000000000.000-')
    expect(rangeFrom('smpte=0:10:00-')).toBe('smpte=0:10:00-')
    for (const scale of [0.001, -1_000_000]) expect(String(scale)).not.toContain('e')
  })

  it.each([-1, Number.NaN, 1e10, '', 'npt=1-\n'])('refuse the position %j', (position) => {
    expect(() => rangeFrom(position)).toThrow(/position must/)
  })

  it.each([
    { scale: 0 },
    { scale: Number.POSITIVE_INFINITY },
    { speed: 0 },
    { speed: -1 },
    { range: '' },
  ])('refuse %j', (options) => {
    expect(() => checkPlayOptions(options)).toThrow(/must/)
  })
})
