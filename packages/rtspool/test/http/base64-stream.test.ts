import { describe, expect, it } from 'vitest'
import { Base64Stream } from '../../src/http/base64-stream.js'

const requests = ['OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n', 'a', 'ab', 'abc', '$\0\0\x01\xff']
const bytes = requests.map((request) => Buffer.from(request, 'latin1'))

describe('base64 in pieces', () => {
  it('decodes requests with padding of their own, at every split and with line ends', {
    tags: 'A-HTP-3',
  }, () => {
    const wire = Buffer.from(
      bytes.map((each) => each.toString('base64').replace(/.{7}/g, '$&\r\n')).join('\r\n'),
    )
    const expected = Buffer.concat(bytes)
    for (let at = 0; at <= wire.length; at++) {
      const stream = new Base64Stream()
      const parts = [stream.push(wire.subarray(0, at)), stream.push(wire.subarray(at))]
      expect(Buffer.concat(parts)).toEqual(expected)
    }
    const stream = new Base64Stream()
    expect(Buffer.concat(Array.from(wire, (byte) => stream.push(Buffer.of(byte))))).toEqual(
      expected,
    )
  })

  it.each(['=', 'a===', 'ab=c', 'ab=\r\nc', 'abc-', 'abc_', 'ab!c', 'abcd\0', 'ab\x80d', '{'])(
    '%j is refused, at every split',
    (text) => {
      const wire = Buffer.from(text, 'latin1')
      const refused = expect.objectContaining({ code: 'ERR_HTTP_TUNNEL_BASE64' })
      expect(() => new Base64Stream().push(wire)).toThrow(refused)
      const stream = new Base64Stream()
      expect(() => {
        for (const byte of wire) stream.push(Buffer.of(byte))
      }).toThrow(refused)
    },
  )

  it('keeps an unfinished group for the next piece', () => {
    const stream = new Base64Stream()
    expect(String(stream.push(Buffer.from('YWJ')))).toBe('')
    expect(String(stream.push(Buffer.from('j')))).toBe('abc')
  })
})
