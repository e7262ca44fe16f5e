import { describe, expect, it } from 'vitest'
import { RtspParser } from '../../src/rtsp/index.js'

const frame = (channel: number, payload: string): Buffer =>
  Buffer.concat([Buffer.from([0x24, channel, 0, payload.length]), Buffer.from(payload)])

const stream = Buffer.concat([
  frame(0, 'before'),
  Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
  frame(1, ''),
  frame(2, 'RTSP/1.0'),
  Buffer.from('\r\nSET_PARAMETER * RTSP/1.0\nCSeq: 2\nContent-Length: 5\n\nn: 1\n'),
  Buffer.from('GET_PARAMETER * RTSP/1.0\r\nCSeq: 3\r\n\r\n'),
  Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'),
  frame(3, '$'),
])
const found = [
  '0 before',
  'OPTIONS 1 ',
  '1 ',
  '2 RTSP/1.0',
  'SET_PARAMETER 2 n: 1\n',
  'GET_PARAMETER 3 ',
  '200',
  '3 $',
]

/** Starts a parser that stops after certain requests. */
function start(stopsAt: (method: string) => boolean) {
  const seen: string[] = []
  const parser: RtspParser = new RtspParser({
    request: ({ method, headers, body }) => {
      seen.push(`${method} ${headers.get('CSeq')} ${body}`)
      if (stopsAt(method)) parser.stop()
    },
    response: ({ statusCode }) => void seen.push(String(statusCode)),
    interleaved: (channel, payload) => void seen.push(`${channel} ${payload}`),
  })
  return { parser, seen }
}

describe('RtspParser.stop', () => {
  it('leaves the bytes after the request unread, and returns how many were read', {
    tags: 'S-1',
  }, () => {
    const { parser, seen } = start(() => true)
    const read = parser.push(stream)
    expect(seen).toEqual(found.slice(0, 2))
    expect(stream.subarray(read, read + 2)).toEqual(Buffer.from([0x24, 1]))
    expect([parser.isBetweenMessages, parser.push(stream.subarray(read))]).toEqual([
      true,
      stream.indexOf('GET_') - read,
    ])
    expect(seen).toEqual(found.slice(0, 5))
  })

  it.each([
    ['each request', () => true],
    ['one with a body', (method: string) => method === 'SET_PARAMETER'],
    ['no request', () => false],
  ])(
    'keeps the order if it stops after %s, at every cut of the bytes',
    { tags: ['S-1', 'M-I', 'generator'] },
    (_, stopsAt) => {
      for (let cut = 0; cut <= stream.length; cut++) {
        const { parser, seen } = start(stopsAt)
        for (const piece of [stream.subarray(0, cut), stream.subarray(cut)]) {
          for (let at = 0; at < piece.length; ) at += parser.push(piece.subarray(at))
        }
        expect(seen).toEqual(found)
      }
    },
  )

  it('reports an error after a stop at its offset in the whole stream', { tags: 'S-1' }, () => {
    const { parser } = start(() => true)
    const broken = Buffer.concat([stream, Buffer.from('\x00')])
    let at = 0
    const rest = (): void => {
      while (at < broken.length) at += parser.push(broken.subarray(at))
    }
    expect(rest).toThrow(expect.objectContaining({ code: 'ERR_RTSP_START_LINE' }))
    expect(rest).toThrow(
      expect.objectContaining({ context: expect.objectContaining({ offset: stream.length }) }),
    )
  })

  it('an earlier stop does not apply to the next push', { tags: 'S-1' }, () => {
    const { parser, seen } = start(() => false)
    parser.stop()
    expect(parser.push(stream)).toBe(stream.length)
    expect(seen).toEqual(found)
  })
})
