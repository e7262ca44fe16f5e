import { describe, expect, it } from 'vitest'
import { HttpHeadReader, maxHttpHeadBytes, parseHttpHead } from '../../src/http/request-head.js'
import { fastestMs } from '../rtsp/fastest.js'
import { eachRow } from '../support/tagged-cases.js'

const head = (...lines: string[]) => Buffer.from([...lines, '', ''].join('\r\n'), 'latin1')

const get = head('GET /cam?x=1 HTTP/1.0', 'X-SessionCookie:  abc\t', 'Host: a', 'x-empty:')

describe('the head of an HTTP request', () => {
  it('has a method, a target, a version, and headers by name in lower case', () => {
    expect(parseHttpHead(get)).toEqual({
      method: 'GET',
      target: '/cam?x=1',
      version: '1.0',
      headers: new Map([
        ['x-sessioncookie', 'abc'],
        ['host', 'a'],
        ['x-empty', ''],
      ]),
    })
  })

  it('is read at every split, and the following bytes are kept', { tags: 'A-HTP-3' }, () => {
    const wire = Buffer.concat([get, Buffer.from('rest')])
    for (let at = 0; at <= get.length; at++) {
      const reader = new HttpHeadReader()
      const first = at === get.length ? undefined : reader.push(wire.subarray(0, at))
      expect(first).toBeUndefined()
      const read = reader.push(wire.subarray(at === get.length ? 0 : at))
      expect(read?.head.headers.get('host')).toBe('a')
      expect(String(read?.rest)).toBe('rest')
    }
  })

  it('is read byte by byte', () => {
    const reader = new HttpHeadReader()
    for (const byte of get.subarray(0, -1)) expect(reader.push(Buffer.of(byte))).toBeUndefined()
    expect(reader.push(get.subarray(-1))?.rest.length).toBe(0)
  })

  it('may have lines that end with LF alone', () => {
    expect(parseHttpHead(Buffer.from('POST / HTTP/1.1\nHost: a\n\n')).headers.get('host')).toBe('a')
  })

  eachRow([
    ['', 'another method', ['PUT / HTTP/1.1']],
    ['', 'another protocol', ['GET / RTSP/1.0']],
    ['', 'HTTP/2.0', ['GET / HTTP/2.0']],
    ['', 'a space in the target', ['GET /a b HTTP/1.1']],
    ['', 'a control character in the target', ['GET /a\x01 HTTP/1.1']],
    ['', 'a folded line', ['GET / HTTP/1.1', 'A: b', ' c']],
    ['', 'a space in front of the colon', ['GET / HTTP/1.1', 'A : b']],
    ['', 'no name', ['GET / HTTP/1.1', ': b']],
    ['', 'no colon', ['GET / HTTP/1.1', 'abc']],
    ['', 'a NUL', ['GET / HTTP/1.1', 'A: \0']],
    ['', 'a bare CR', ['GET / HTTP/1.1', 'A: b\rC: d']],
    ['B-SMUG', 'two lengths', ['POST / HTTP/1.1', 'Content-Length: 1', 'content-length: 2']],
    ['', 'two cookies', ['GET / HTTP/1.1', 'x-sessioncookie: a', 'X-Sessioncookie: a']],
    ['', '65 headers', ['GET / HTTP/1.1', ...Array.from({ length: 65 }, (_, n) => `A${n}: b`)]],
  ])('%s is refused', (_name, lines) => {
    expect(() => new HttpHeadReader().push(head(...lines))).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_HEAD', statusCode: 400 }),
    )
  })

  it.each([' ', '\t', ','])(
    '8,000 of %j in a value are handled in under 10 ms',
    { tags: 'B-LOOP' },
    (char) => {
      const wire = head('GET / HTTP/1.1', `A: b${char.repeat(8000)}c`)
      expect(fastestMs(() => new HttpHeadReader().push(wire))).toBeLessThan(10)
    },
  )

  it('an error message contains nothing that a terminal could take for a command', () => {
    for (const line of ['A\x9b]: b', 'A\x7f', 'A\x1b[2J']) {
      const push = () =>
        new HttpHeadReader().push(Buffer.from(`GET / HTTP/1.1\r\n${line}\r\n\r\n`, 'latin1'))
      expect(push).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/\p{Cc}/u) }),
      )
    }
  })

  it('more bytes than the limit are refused on arrival, and not kept', { tags: 'B-BIG' }, () => {
    for (const step of [1000, maxHttpHeadBytes * 4]) {
      const reader = new HttpHeadReader()
      let sent = 0
      const feed = () => {
        for (; sent <= maxHttpHeadBytes; sent += step) {
          reader.push(Buffer.alloc(step, sent === 0 ? 'GET / HTTP/1.1\r\nA: ' : 'a'))
        }
      }
      expect(feed).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEAD' }))
    }
  })

  it('an error message contains no value of a header', { tags: 'B-SECR' }, () => {
    const wire = head('GET / HTTP/1.1', 'bad name: secret-cookie')
    try {
      parseHttpHead(wire)
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('secret')
    }
  })
})
