import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isToken,
  parseDecimal,
  quote,
  quoteReceived,
  splitOutsideQuotes,
  trimLinearSpace,
  unquote,
  withoutUserinfo,
} from '../../src/rtsp/grammar.js'

describe('grammar', () => {
  it('a token has no separators, spaces, control characters or letters beyond ASCII', () => {
    expect(isToken("GET_PARAMETER-!#$%&'*+.^`|~9")).toBe(true)
    for (const code of '()<>@,;:\\"/[]?={} \t\0\x7fü') expect(isToken(`a${code}`)).toBe(false)
    expect(isToken('')).toBe(false)
  })

  it('decimal digits are a number up to a limit', () => {
    expect(
      ['0', '010', '255', '256', '', '-1', ' 1', '1e1'].map((t) => parseDecimal(t, 255)),
    ).toEqual([0, 10, 255, undefined, undefined, undefined, undefined, undefined])
  })

  it('only spaces and tabs are trimmed', () => {
    expect(trimLinearSpace(' \t a b\t ')).toBe('a b')
    expect(trimLinearSpace('\u{a0}a')).toBe('\u{a0}a')
    expect(trimLinearSpace('  ')).toBe('')
  })

  it('a separator in quotes does not separate', () => {
    expect(splitOutsideQuotes('a; b="c;\\";d" ;', ';')).toEqual(['a', 'b="c;\\";d"', ''])
    expect(splitOutsideQuotes('a;"b', ';')).toBeUndefined()
  })

  it('quote and unquote undo each other', () => {
    fc.assert(fc.property(fc.string(), (text) => unquote(quote(text)) === text))
    expect(['a', '"a"b', 'a"b"', '"', '"a\\"'].map(unquote)).toEqual([
      'a',
      ...Array(4).fill(undefined),
    ])
  })

  it('quoted text is safe to print, for any input', () => {
    const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.string({ unit: codeUnit, maxLength: 200 }), (text) => {
        expect(quoteReceived(text)).toMatch(
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
          /^"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*"(\.\.\.)?$/,
        )
      }),
    )
  })

  it('user and password disappear', () => {
    expect(withoutUserinfo('PLAY rtsp://u:p@h/@x RTSP/1.0')).toBe('PLAY rtsp://***@h/@x RTSP/1.0')
    expect(withoutUserinfo('PLAY rtsp://h/@ RTSP/1.0')).toBe('PLAY rtsp://h/@ RTSP/1.0')
    expect(withoutUserinfo('PLAY /a@b RTSP/1.0')).toBe('PLAY /a@b RTSP/1.0')
  })
})
