import { describe, expect, it } from 'vitest'
import { Answer } from '../src/answer.js'
import { Mismatch } from '../src/mismatch.js'
import { readDescription, resolveControl } from '../src/sdp.js'

const answer = (body: string, base = 'rtsp://h/cam/') =>
  new Answer('RTSP/1.0 200 OK', [['Content-Base', base]], Buffer.from(body), 0)

describe('a description', () => {
  it.each([
    ['rtsp://h/cam/', 'trackID=0', 'rtsp://h/cam/trackID=0'],
    ['rtsp://h/cam', 'trackID=0', 'rtsp://h/cam/trackID=0'],
    ['rtsp://h/cam?a=b/', 'trackID=0', 'rtsp://h/cam?a=b/trackID=0'],
    ['rtsp://h/cam/', 'rtsp://o/x', 'rtsp://o/x'],
    ['rtsp://h:8554/cam/', '/x/1', 'rtsp://h:8554/x/1'],
    ['rtsp://h/cam/', '*', 'rtsp://h/cam/'],
  ])('a control below %s that is %s', (base, control, uri) => {
    expect(resolveControl(base, control)).toBe(uri)
  })

  it('has its tracks with controls, payload types and clock rates', () => {
    const lines = [
      ...['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=x', 't=0 0', 'a=control:*'],
      ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:one'],
      ...['m=audio 0 RTP/AVP 0', 'a=control:two', ''],
    ]
    const { tracks, aggregateUri, sessionLines } = readDescription(
      answer(lines.join('\r\n')),
      'rtsp://h/cam',
    )
    expect(sessionLines).toHaveLength(5)
    expect(aggregateUri).toBe('rtsp://h/cam')
    expect(tracks).toMatchObject([
      { kind: 'video', uri: 'rtsp://h/cam/one', payloadTypes: [96], clockRate: 90_000, port: 0 },
      { kind: 'audio', uri: 'rtsp://h/cam/two', payloadTypes: [0], clockRate: 8000 },
    ])
  })

  it.each(['', 'v=0\r\n', 'hello\r\nm=video 0 RTP/AVP 96\r\n'])('%j is none', (body) => {
    expect(() => readDescription(answer(body), 'rtsp://h/cam')).toThrow(Mismatch)
  })
})
