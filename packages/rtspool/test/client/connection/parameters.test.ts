import { describe, expect, it } from 'vitest'
import {
  parseParameters,
  serializeNames,
  serializeParameters,
} from '../../../src/client/connection/parameters.js'

describe('text/parameters', () => {
  it('has a line for each name', () => {
    expect(serializeNames([])).toBe('')
    expect(serializeNames(['a', 'b_c'])).toBe('a\r\nb_c\r\n')
    expect(serializeParameters({ a: '', b: 'x: y' })).toBe('a: \r\nb: x: y\r\n')
  })

  it('is read with any line end, and with values of any form', () => {
    const body = Buffer.from('a: 1\nb:\r\n\r\n: nothing\rc\na: 2\r\nurl: rtsp://x:1')
    expect([...parseParameters(body)]).toEqual([
      ['a', '1'],
      ['b', ''],
      ['c', ''],
      ['url', 'rtsp://x:1'],
    ])
  })

  it('is read up to a thousand names', () => {
    const names = Array.from({ length: 5000 }, (_, at) => `n${at}\n`).join('')
    expect(parseParameters(Buffer.from(names)).size).toBe(1024)
  })

  it.each(['a b', 'a:b', 'a\r\nb', '', '\u007f'])('has no name %j', (name) => {
    expect(() => serializeNames([name])).toThrow(/name of a parameter must/)
  })

  it('has no value of two lines, and none that is no string', () => {
    for (const value of ['x\ny', '\0', 5 as unknown as string]) {
      expect(() => serializeParameters({ a: value })).toThrow(/value of a must/)
    }
    expect(() => serializeNames('a' as unknown as string[])).toThrow(TypeError)
  })
})
