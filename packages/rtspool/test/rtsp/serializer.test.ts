import { describe, expect, it } from 'vitest'
import { RtspHeaders } from '../../src/rtsp/message.js'
import { serializeRequest, serializeResponse } from '../../src/rtsp/serializer.js'

const headers = new RtspHeaders([
  ['CSeq', '1'],
  ['Session', 'abc;timeout=60'],
])

describe('serializer', () => {
  it('writes a response without body', () => {
    expect(serializeResponse({ statusCode: 200, headers }).toString()).toBe(
      'RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: abc;timeout=60\r\n\r\n',
    )
  })

  it('writes a request with the real Content-Length, in bytes, whatever its headers', () => {
    const wrong = new RtspHeaders([['content-length', '99']])
    const request = { method: 'ANNOUNCE', uri: 'rtsp://h/ü', headers: wrong, body: 'ü\r\n' }
    expect(serializeRequest(request).toString()).toBe(
      'ANNOUNCE rtsp://h/ü RTSP/1.0\r\nContent-Length: 4\r\n\r\nü\r\n',
    )
    expect(serializeRequest({ ...request, body: '' }).toString()).not.toContain('ength')
  })

  it('writes the standard phrase of the code, or the given one', () => {
    const line = (statusCode: number, reason?: string) =>
      serializeResponse(reason === undefined ? { statusCode } : { statusCode, reason }).toString()
    expect(line(454)).toBe('RTSP/1.0 454 Session Not Found\r\n\r\n')
    expect(line(454, 'Gone Fishing')).toBe('RTSP/1.0 454 Gone Fishing\r\n\r\n')
  })

  it.each(['a\r\nb', 'a\nb', 'a\rb', 'a\0b', '\x7f'])('refuses %j at every position', (evil) => {
    const response = (name: string, value: string) =>
      serializeResponse({ statusCode: 200, headers: new RtspHeaders([[name, value]]) })
    expect(() => response('X', evil)).toThrow(TypeError)
    expect(() => response(evil, 'x')).toThrow(TypeError)
    expect(() => serializeResponse({ statusCode: 200, reason: evil })).toThrow(TypeError)
    expect(() => serializeResponse({ statusCode: 200, version: evil })).toThrow(TypeError)
    expect(() => serializeRequest({ method: evil, uri: '*' })).toThrow(TypeError)
    expect(() => serializeRequest({ method: 'A', uri: evil })).toThrow(TypeError)
  })

  it('refuses messages that no parser would accept', () => {
    const chunked = new RtspHeaders([['Transfer-Encoding', 'chunked']])
    expect(() => serializeResponse({ statusCode: 200, headers: chunked })).toThrow(TypeError)
    expect(() => serializeRequest({ method: 'A', uri: 'a b' })).toThrow(TypeError)
    expect(() => serializeRequest({ method: 'A', uri: '' })).toThrow(TypeError)
    for (const statusCode of [99, 1000, 200.5, Number.NaN]) {
      expect(() => serializeResponse({ statusCode })).toThrow(RangeError)
    }
  })
})
