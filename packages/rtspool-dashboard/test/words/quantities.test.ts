import { describe, expect, it } from 'vitest'
import { bytesText, durationText } from '../../src/words/quantities.js'

describe('words of the table of sessions', () => {
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

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [65_000, '1 min 05 s'],
    [7_500_000, '2 h 05 min'],
    [26 * 3_600_000, '1 d 2 h'],
  ])('%i ms are %s', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text))
})
