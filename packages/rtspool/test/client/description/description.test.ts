import { describe, expect, it } from 'vitest'
import { baseUriOf, controlUriOf } from '../../../src/client/description/control-uri.js'
import { readPresentation } from '../../../src/client/description/presentation.js'
import { readDescription } from '../../../src/client/description/read-description.js'
import { RtspHeaders, type RtspResponse } from '../../../src/rtsp/index.js'

const uri = 'rtsp://cam:554/a?b=c'

function responseWith(headers: Readonly<Record<string, string>>, sdp = ''): RtspResponse {
  return {
    kind: 'response',
    ...{ version: '1.0', statusCode: 200, reason: 'OK' },
    headers: new RtspHeaders(Object.entries(headers)),
    body: Buffer.from(sdp),
  }
}

const tracksOf = (...lines: string[]) =>
  readPresentation(responseWith({}, lines.join('\n')), uri).tracks

describe('the base of control URIs', () => {
  it.each([
    { base: 'rtsp://10.0.0.1/x/', expected: 'rtsp://10.0.0.1/x/' },
    { base: 'rtsp://rtsp://10.0.0.1/x/', expected: 'rtsp://10.0.0.1/x/' },
    { base: '10.0.0.1:8554/x', expected: 'rtsp://10.0.0.1:8554/x' },
    { base: 'rtsp://fe80::1/x', expected: 'rtsp://[fe80::1]/x' },
    { base: 'rtsp://u:p@10.0.0.1/x', expected: 'rtsp://10.0.0.1/x' },
    { base: '/x', expected: uri },
    { base: 'http://10.0.0.1/x', expected: uri },
    { base: '', expected: uri },
  ])('is $expected for a Content-Base of "$base"', ({ base, expected }) => {
    expect(baseUriOf(responseWith({ 'Content-Base': base }), uri)).toBe(expected)
  })
})

describe('a control URI', () => {
  const base = 'rtsp://cam/a/b'
  it.each([
    { control: undefined, expected: base },
    { control: '*', expected: base },
    { control: 'rtsp://other/x', expected: 'rtsp://other/x' },
    { control: 'rtsp://u:p@cam/x', expected: 'rtsp://cam/x' },
    { control: 'track1', expected: 'rtsp://cam/a/b/track1' },
    { control: '/track1', expected: 'rtsp://cam/a/b/track1' },
    { control: '/a/b/track1', expected: 'rtsp://cam/a/b/track1' },
    { control: '?track=1', expected: 'rtsp://cam/a/b?track=1' },
    { control: 'track 1', expected: 'rtsp://cam/a/b/track%201' },
  ])('is $expected for "$control"', ({ control, expected }) => {
    expect(controlUriOf(base, control)).toBe(expected)
    if (expected !== base)
      expect(controlUriOf(`${base}/`, control)).toBe(expected.replace('b?', 'b/?'))
  })
})

describe('the description of a camera', () => {
  it('names PCM of Hikvision L16, whose samples are to be turned', () => {
    const lines = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 PCM/8000/1', 'm=audio 0 RTP/AVP 98']
    const [odd, plain] = tracksOf(...lines, 'a=rtpmap:98 L16/8000')
    expect(odd).toMatchObject({ isLittleEndian: true, rtpmap: { encoding: 'L16', channels: 1 } })
    expect(odd?.description.attribute('rtpmap')).toBe('97 L16/8000/1')
    expect(plain).toMatchObject({ isLittleEndian: false, rtpmap: { encoding: 'L16' } })
  })

  it('names PCM in the line of its payload type alone', () => {
    const lines = ['m=audio 0 RTP/AVP 97 0', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:97 PCM/16000']
    const [track] = tracksOf(...lines)
    expect(track).toMatchObject({ isLittleEndian: true, payloadType: 97 })
    expect(track?.description.rtpmap(97)).toMatchObject({ encoding: 'L16', clockRate: 16000 })
    expect(track?.description.section.attributes('rtpmap')).toEqual([
      ...['0 PCMU/8000', '97 L16/16000'],
    ])
  })

  it.each([
    { name: 'no session part', sdp: 'm=video 0 RTP/AVP 96' },
    {
      name: 'the network type IP',
      sdp: 'v=0\no=- 1 1 IP IP4 192.0.2.1\nc=IP IP4 0.0.0.0\nm=video 0 RTP/AVP 96',
    },
    {
      name: 'the name of a channel in the origin, and no address',
      sdp: 'v=0\no=Channel1 1 2 IN IP4\nm=video 0 RTP/AVP 96',
    },
    {
      name: 'two names, an odd time and no last line end',
      sdp: 'v=0\ns=a\ns=b\nt=now\nm=video 0 RTP/AVP 96',
    },
    { name: 'a version of its own', sdp: 'v=1.0\r\nm=video 0 RTP/AVP 96\r\n' },
    {
      name: 'a broken c= and an oversized o=',
      sdp: `v=0\no=- ${'9'.repeat(60)} 1.5 IN IP4\nc=IN\nm=video 0 RTP/AVP 96`,
    },
    { name: 'control characters', sdp: 'v=0\ns=\x01\x02\nm=video 0 RTP/AVP 96\x00' },
  ])('may have $name', ({ sdp }) => {
    const { media } = readDescription(Buffer.from(sdp))
    expect(media.map(({ kind, payloadTypes }) => [kind, payloadTypes])).toEqual([['video', [96]]])
  })

  it('may have media of a vendor, whose lines belong to no other track', () => {
    const tracks = tracksOf(
      'm=video 0 RTP/AVP 96',
      'a=control:1',
      'm=application/TP-LINK 0 RTP/AVP smart/1/90000',
      'a=rtpmap:95 TP-LINK/90000',
      'a=control:3',
    )
    expect(tracks.map(({ uri: each, payloadType }) => [each, payloadType])).toEqual([
      [`${uri}/1`, 96],
      [`${uri}/3`, 95],
    ])
    expect(tracks[1]?.description.kind).toBe('application')
  })

  it('may have parameters below another track', () => {
    const [video, audio] = tracksOf(
      'm=video 0 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 0 RTP/AVP 97',
      'a=fmtp:96 packetization-mode=1',
    )
    expect(video?.parameters).toBe('packetization-mode=1')
    expect(audio?.parameters).toBeUndefined()
  })

  it('may mark all tracks as back channel', () => {
    const marked = tracksOf(
      'm=video 0 RTP/AVP 96',
      'a=sendonly',
      'm=audio 0 RTP/AVP 0',
      'a=sendonly',
    )
    expect(marked.map(({ direction }) => direction)).toEqual(['receive', 'receive'])
    const mixed = tracksOf('m=video 0 RTP/AVP 96', 'm=audio 0 RTP/AVP 0', 'a=sendonly')
    expect(mixed.map(({ direction }) => direction)).toEqual(['receive', 'send'])
  })

  it('is refused beyond the limits of size', () => {
    expect(() => tracksOf('a'.repeat(70_000))).toThrow('the server has sent')
    expect(tracksOf(...Array.from({ length: 100 }, () => 'm=video 0 RTP/AVP 96'))).toHaveLength(64)
  })
})
