import { describe, expect, it } from 'vitest'
import { describePresentation } from '../../src/media/describe-presentation.js'
import { isRelayed } from '../../src/media/relayed-lines.js'
import { parseSdp } from '../../src/sdp/index.js'
import { seededRandom } from '../rtp/random-bytes.js'

/** What a publisher says of its own presentation, or of its connection to us. */
const publishersOwn = [
  ...['a=range:npt=0-6.0', 'a=range:npt=0-', 'a=range:clock=20260101T000000Z-', 'a=Range:npt=0-6'],
  ...['a=range:smpte=0:10:20-', 'a=length:6.0', 'a=etag:158bb3e7c7fd62ce67f12b533f06b83a'],
  ...['a=source-filter: incl IN IP4 239.1.1.1 192.0.2.7', 'a=control:rtsp://192.0.2.7/x'],
  ...['a=control:streamid=9', 'a=tool:somebody', 'a=type:broadcast', 'a=charset:ISO-8859-1'],
  ...['a=recvonly', 'a=sendonly', 'a=sendrecv', 'a=inactive', 'a=recvonly ', ' a=sendonly'],
  ...['a=rtcp:5005 IN IP4 192.0.2.7', 'a=rtcp-mux', 'a=rtcp-rsize', 'a=rtcp-fb:96 nack pli'],
  ...['a=setup:actpass', 'a=fingerprint:sha-256 AA:BB', 'a=ice-ufrag:x', 'a=ice-pwd:secret'],
  ...['a=candidate:1 1 UDP 1 192.0.2.7 9 typ host', 'a=end-of-candidates', 'a=connection:new'],
  ...['a=key-mgmt:mikey AQAF', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x', 'a=zrtp-hash:1 x'],
  ...['a=group:BUNDLE 0 1', 'a=ssrc:7 cname:x', 'a=ssrc-group:FID 7 8', 'a=msid-semantic:WMS *'],
  ...[
    'c=IN IP4 192.0.2.7',
    'c=IN IP4 239.1.1.1/16',
    'k=clear:secret',
    'b=RR:0',
    'b=RS:0',
    'b=rr:0',
  ],
  ...[
    't=3900000000 3900003600',
    'r=7d 1h 0 25h',
    'z=0 0',
    'u=http://192.0.2.7/',
    'o=x 1 1 IN IP4 9',
  ],
  ...[
    'e=somebody@example.com',
    'p=+1 617 555 6011',
    'X=1',
    'b=AS',
    'b=AS:many',
    'a=',
    'a=:x',
    'a=b c',
  ],
]

/** What describes the media, or nobody knows. */
const media = [
  ...['a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1', 'a=framerate:25', 'a=ptime:20'],
  ...['a=framesize:96 640-480', 'a=extmap:1 urn:ietf:params:rtp-hdrext:ntp-64', 'b=AS:3900'],
  ...['b=TIAS:3900000', 'a=x-dimensions:640,480', 'a=cliprect:0,0,480,640', 'a=lang:en', 'a=mid:v'],
  ...['a=x-onvif-track:V', 'a=mediaclk:direct=0', 'a=x-unknown', 'a=rangefinder:1', 'a=controls:x'],
]

const sdpOf = (session: readonly string[], track: readonly string[]): Buffer =>
  Buffer.from(['v=0', 's=x', ...session, 'm=video 5004/2 RTP/AVP 96', ...track, ''].join('\r\n'))
const linesOf = (sdp: Buffer): string[] =>
  describePresentation(parseSdp(sdp), { id: 1, version: 1 }).toString().split('\r\n').slice(0, -1)

const described = [
  ...['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=x', 'c=IN IP4 0.0.0.0', 't=0 0', 'a=tool:rtspool'],
  ...['a=control:*', 'm=video 0 RTP/AVP 96', 'a=control:trackID=0'],
]

describe('lines relayed to the viewers of a live stream', { tags: ['M-H', 'A-DES-7'] }, () => {
  it.each(publishersOwn)("%s of a publisher is not its viewers'", (line) => {
    expect(linesOf(sdpOf([line], [line]))).toEqual(described)
  })

  it.each(media)('%s is', (line) => {
    expect(linesOf(sdpOf([], [line]))).toContain(line)
  })

  it('of random lines viewers get those that describe the media, in order', {
    tags: 'generator',
  }, () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seededRandom(seed)
      const some = (from: readonly string[]) => from.filter(() => random() < 0.3)
      const mixed = [...some(media), ...some(publishersOwn), 'i=a camera', 'i=again']
        .map((line) => ({ line, rank: random() }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ line }) => line)
      const lines = linesOf(sdpOf(some(publishersOwn), mixed))
      const kept = mixed.filter((line) => media.includes(line))
      const info = mixed.find((line) => line.startsWith('i='))
      const bandwidths = kept.filter((line) => line.startsWith('b='))
      const attributes = kept.filter((line) => line.startsWith('a='))
      expect(lines).toEqual([
        ...described.slice(0, -1),
        info,
        ...bandwidths,
        ...attributes,
        'a=control:trackID=0',
      ])
    }
  })

  it('the present is a range that live streams have; a stored presentation has its own', () => {
    const lines = linesOf(sdpOf(['a=range:npt=now-'], ['a=range:npt=now-']))
    expect(lines.filter((line) => line.startsWith('a=range'))).toEqual(['a=range:npt=now-'])
    const stored = parseSdp(sdpOf(['a=range:npt=0-99'], ['a=range:npt=0-99']))
    const text = describePresentation(
      stored,
      { id: 1, version: 1 },
      { stored: { durationSeconds: 6 } },
    ).toString()
    expect(text.match(/a=range.*/g)).toEqual(['a=range:npt=0-6.000'])
  })

  it('names that only begin like those left out are kept', () => {
    for (const value of ['ranged:x', 'rtcp-fbx:1', 'setups', 'recvonlyx', 'ssrc-groups:1']) {
      expect(isRelayed({ type: 'a', value })).toBe(true)
    }
  })
})
