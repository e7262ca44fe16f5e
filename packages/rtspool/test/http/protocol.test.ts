import { describe, expect, it } from 'vitest'
import { protocolOf } from '../../src/http/protocol.js'

describe('protocol by the first bytes', () => {
  it.each([
    ['OPTIONS * RTSP/1.0\r\n', 'rtsp'],
    ['GET_PARAMETER rtsp://a/ RTSP/1.0\r\n', 'rtsp'],
    ['GET_', 'rtsp'],
    ['POSTER ', 'rtsp'],
    ['$\0\0\x08', 'rtsp'],
    ['\r\n', 'rtsp'],
    ['\x16\x03\x01', 'rtsp'],
    ['get / HTTP/1.1\r\n', 'rtsp'],
    ['PUT / HTTP/1.1\r\n', 'rtsp'],
    ['GET rtsp://a/ RTSP/1.0\r\n', 'rtsp'],
    ['GET rtsp://a/ RTSP/1.0\n', 'rtsp'],
    ['G', undefined],
    ['GET', undefined],
    ['POST', undefined],
    ['P', undefined],
    ['GET / HTTP/1.1\r', undefined],
    ['GET / HTTP/1.1\r\n', 'http'],
    ['POST /cam HTTP/1.0\r\n', 'http'],
    ['GET / HTTP/9.9\n', 'http'],
    [`GET /${'a'.repeat(5000)}`, 'http'],
  ])('%j is %s', (text, protocol) => {
    expect(protocolOf(Buffer.from(text, 'latin1'))).toBe(protocol)
  })

  it('the same at every split, and final', () => {
    for (const text of ['GET /cam HTTP/1.1\r\nA: b', 'GET_PARAMETER * RTSP/1.0\r\n', 'PLAY x']) {
      const bytes = Buffer.from(text)
      const answers = Array.from(bytes, (_, at) => protocolOf(bytes.subarray(0, at + 1)))
      const decided = answers.filter((answer) => answer !== undefined)
      expect(new Set(decided)).toEqual(new Set([protocolOf(bytes)]))
      expect(answers.slice(answers.indexOf(decided[0]))).toEqual(decided)
    }
  })
})
