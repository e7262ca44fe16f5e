import { describe, expect, it } from 'vitest'
import { decodeLine } from '../../src/rtsp/line-text.js'

const decode = (bytes: Buffer, isTabAllowed = true) =>
  decodeLine(bytes, 0, bytes.length, isTabAllowed)

describe('text of a line', () => {
  it('is ASCII, or UTF-8', () => {
    expect(decode(Buffer.from('X: a\tb~'))).toBe('X: a\tb~')
    expect(decode(Buffer.from('X: ü猫'))).toBe('X: ü猫')
    expect(decode(Buffer.from([0x61, 0xff]))).toBe('a\ufffd')
    expect(decodeLine(Buffer.from('-abc-'), 1, 4, false)).toBe('abc')
  })

  it('has no control characters, and HTAB only where it is allowed', { tags: 'B-SMUG' }, () => {
    for (let byte = 0; byte < 0x20; byte++) {
      const line = Buffer.from([0x61, byte])
      expect(decode(line, false)).toEqual({ byte, index: 1 })
      expect(decode(line)).toEqual(byte === 0x09 ? 'a\t' : { byte, index: 1 })
    }
    expect(decode(Buffer.from('\x7f'))).toEqual({ byte: 0x7f, index: 0 })
  })
})
