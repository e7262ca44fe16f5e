import { describe, expect, it } from 'vitest'
import {
  HttpResponseHeadReader,
  maxResponseHeadBytes,
  parseHttpResponseHead,
} from '../../src/http/response-head.js'

const text = [
  'HTTP/1.0 200 OK',
  'Content-Type: application/x-rtsp-tunnelled',
  'a line without a colon',
  'WWW-Authenticate: Basic realm="a: b"',
  'www-authenticate: Digest realm="c"',
  '',
  '',
]
const wire = Buffer.from(`${text.join('\r\n')}RTSP`)
const parsed = {
  statusCode: 200,
  reason: 'OK',
  headers: [
    ['Content-Type', 'application/x-rtsp-tunnelled'],
    ['WWW-Authenticate', 'Basic realm="a: b"'],
    ['www-authenticate', 'Digest realm="c"'],
  ],
}

describe('the head of an HTTP response', () => {
  it('keeps repeated headers, and leaves out lines without a colon', () => {
    expect(new HttpResponseHeadReader().push(wire)).toEqual({
      head: parsed,
      rest: Buffer.from('RTSP'),
    })
  })

  it('is the same at every cut, with any line end', () => {
    const lines = Buffer.from(`${text.join('\n')}RTSP`)
    for (const bytes of [wire, lines]) {
      for (let cut = 1; cut < bytes.length - 4; cut++) {
        const reader = new HttpResponseHeadReader()
        const first = reader.push(bytes.subarray(0, cut))
        const read = first ?? reader.push(bytes.subarray(cut))
        expect(read?.head).toEqual(parsed)
        expect(read?.rest.toString().endsWith('RTSP')).toBe(first === undefined)
      }
    }
  })

  it.each([
    ['HTTP/1.1 401 Unauthorized', 401, 'Unauthorized'],
    ['HTTP/1.1 200', 200, ''],
    ['HTTP/1.0 503 ', 503, ''],
  ])('%s', (line, statusCode, reason) => {
    const head = parseHttpResponseHead(Buffer.from(`${line}\r\n\r\n`))
    expect(head).toEqual({ statusCode, reason, headers: [] })
  })

  it.each([
    ['another protocol at its first bytes', 'RTSP/1.0'],
    ['a version of its own', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['more than 128 headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(129)}\r\n`],
    ['a head without an end', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(maxResponseHeadBytes)}`],
  ])('refuses %s', (_, bytes) => {
    expect(() => new HttpResponseHeadReader().push(Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_HEAD' }),
    )
  })
})
