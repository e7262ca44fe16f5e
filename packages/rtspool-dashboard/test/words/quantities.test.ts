import { describe, expect, it } from 'vitest'
import {
  bitrateText,
  bytesText,
  countText,
  durationText,
  shareText,
} from '../../src/words/quantities.js'

describe('words of quantities', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_960, '10 kB'],
    [999_600, '1.0 MB'],
    [42_000_000_000, '42 GB'],
    [5e15, '5000 TB'],
  ])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it('bitrates have units of their own', () => {
    expect([bitrateText(0), bitrateText(4_200_000)]).toEqual(['0 b/s', '4.2 Mb/s'])
  })

  it.each([
    [0, '0 %'],
    [0.0004, '< 0.1 %'],
    [0.003, '0.3 %'],
    [0.251, '25 %'],
  ])('a share of %d is %s', (share, text) => expect(shareText(share)).toBe(text))

  it('counts have their thousands apart', () => expect(countText(10_000)).toBe('10,000'))

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [65_000, '1 min 05 s'],
    [7_500_000, '2 h 05 min'],
    [26 * 3_600_000, '1 d 2 h'],
  ])('%i ms are %s', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text))
})
