import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageStream, maxStrayBytes } from '../../../src/client/connection/message-stream.js'
import { frame } from '../../support/scripted-camera.js'
import { rtpPacket } from '../../support/test-server.js'

/** Everything that a stream yields from chunks, as texts. */
function read(chunks: readonly Buffer[], channels = [0, 1]) {
  const found: string[] = []
  const stream = new MessageStream({
    isChannel: (channel) => channels.includes(channel),
    request: ({ method }) => found.push(method),
    response: ({ statusCode, body }) => found.push(`${statusCode} ${body}`),
    interleaved: (channel, payload) => found.push(`${channel}:${payload.toString('hex')}`),
  })
  for (const chunk of chunks) stream.push(chunk)
  return { found, strayBytes: stream.strayBytes }
}

const packet = rtpPacket({ sequenceNumber: 1, payload: Buffer.from('RTSP/1.0 $$') })
const frameOf = (channel: number) => `${channel}:${packet.toString('hex')}`
const response = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nhi')
const request = Buffer.from('GET_PARAMETER * RTSP/1.0\r\nCSeq: 2\r\n\r\n')

const streams = [
  {
    name: 'messages and frames',
    bytes: [response, frame(0, packet), request, frame(1, packet), Buffer.from('\r\n'), response],
    expected: ['200 hi', frameOf(0), 'GET_PARAMETER', frameOf(1), '200 hi'],
    stray: 0,
  },
  {
    name: 'stray bytes before a frame and before a response',
    bytes: [Buffer.from([0, 1, 0x24, 9, 0, 50]), frame(0, packet), Buffer.from('RTS\0'), response],
    expected: [frameOf(0), '200 hi'],
    stray: 10,
  },
  {
    name: 'a frame of an unknown channel with RTP in it',
    bytes: [frame(8, packet), frame(0, packet)],
    expected: [frameOf(8), frameOf(0)],
    stray: 0,
  },
  {
    name: 'an empty frame',
    bytes: [frame(0, Buffer.alloc(0)), frame(1, packet)],
    expected: ['0:', frameOf(1)],
    stray: 0,
  },
]

describe('the byte stream of a server', () => {
  it.each(streams)('yields $name, at every split', ({ bytes, expected, stray }) => {
    const whole = Buffer.concat(bytes)
    for (let at = 0; at <= whole.length; at++) {
      const parts = [whole.subarray(0, at), whole.subarray(at)]
      expect(read(parts)).toEqual({ found: expected, strayBytes: stray })
    }
    const single = Array.from(whole, (_, at) => whole.subarray(at, at + 1))
    expect(read(single)).toEqual({ found: expected, strayBytes: stray })
  })

  it('ends after too many stray bytes', () => {
    const stray = Buffer.alloc(64 * 1024)
    const chunks = Array.from({ length: maxStrayBytes / stray.length + 1 }, () => stray)
    expect(() => read(chunks)).toThrow('bytes of something else')
  })

  it('never fails otherwise than with an error of the library, for any bytes', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        fc.constantFrom(
          response,
          request,
          frame(0, packet),
          Buffer.from('$'),
          Buffer.from('RTSP/'),
        ),
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(pieces, (chunks) => {
        try {
          read(chunks)
        } catch (error) {
          expect(error).toHaveProperty('code')
        }
      }),
    )
  })
})
