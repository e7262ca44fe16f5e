import { describe, expect, test } from 'vitest'
import {
  MediaDescription,
  parseMediaLine,
  parseRtpMap,
  parseSdp,
  serializeRtpMap,
  serializeSdp,
  staticRtpMap,
} from '../../src/sdp/index.js'
import { sdpSamples } from './samples.js'

function firstMedia(...lines: string[]): MediaDescription {
  const [media] = parseSdp(['v=0', ...lines].join('\r\n')).media
  if (media === undefined) throw new Error('no media')
  return media
}

describe('the m= line', () => {
  test.each([
    {
      value: 'video 0 RTP/AVP 96 97',
      line: { kind: 'video', port: 0, portCount: 1, protocol: 'RTP/AVP', formats: ['96', '97'] },
    },
    {
      value: ' audio  49170/2 RTP/SAVP\t0 ',
      line: { kind: 'audio', port: 49170, portCount: 2, protocol: 'RTP/SAVP', formats: ['0'] },
    },
    {
      value: 'application 65535 UDP',
      line: { kind: 'application', port: 65535, portCount: 1, protocol: 'UDP', formats: [] },
    },
  ])('$value', ({ value, line }) => {
    expect(parseMediaLine(value)).toEqual(line)
    expect(new MediaDescription(line)).toMatchObject(line)
  })

  test('is kept as received until a part of it is changed', () => {
    const media = firstMedia('m=video  5004/1 RTP/AVP 96 ')
    expect(media.mediaLine).toBe('video  5004/1 RTP/AVP 96 ')
    media.port = 0
    expect(media.mediaLine).toBe('video 0 RTP/AVP 96')
    media.protocol = 'RTP/SAVP'
    expect(media.mediaLine).toBe('video 0 RTP/SAVP 96')
    expect(() => {
      media.port = 65536
    }).toThrow(RangeError)
  })

  test('only formats from 0 to 127 are payload types', () => {
    expect(firstMedia('m=video 0 RTP/AVP 96 0 127 128 MP2T * 1e1 -1').payloadTypes).toEqual([
      96, 0, 127,
    ])
  })
})

describe('payload types', () => {
  test.each([
    { text: 'H264/90000', rtpmap: { encoding: 'H264', clockRate: 90000 } },
    { text: 'opus/48000/2', rtpmap: { encoding: 'opus', clockRate: 48000, channels: 2 } },
    {
      text: 'vnd.onvif.metadata/90000',
      rtpmap: { encoding: 'vnd.onvif.metadata', clockRate: 90000 },
    },
  ])('the rtpmap $text is read and written', { tags: 'A-PAY-9' }, ({ text, rtpmap }) => {
    expect(parseRtpMap(text)).toEqual(rtpmap)
    expect(serializeRtpMap(rtpmap)).toBe(text)
  })

  test.each(['', 'H264', 'H264/', '/90000', 'H264/x', 'H264/0', 'H264/9999999999', 'a/1/2/3'])(
    'the rtpmap %j is invalid',
    (text) => {
      expect(parseRtpMap(text)).toBeUndefined()
    },
  )

  test.each([
    { payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
    { payloadType: 3, encoding: 'GSM', clockRate: 8000 },
    { payloadType: 8, encoding: 'PCMA', clockRate: 8000 },
    { payloadType: 9, encoding: 'G722', clockRate: 8000 },
    { payloadType: 10, encoding: 'L16', clockRate: 44100, channels: 2 },
    { payloadType: 14, encoding: 'MPA', clockRate: 90000 },
    { payloadType: 26, encoding: 'JPEG', clockRate: 90000 },
    { payloadType: 31, encoding: 'H261', clockRate: 90000 },
    { payloadType: 33, encoding: 'MP2T', clockRate: 90000 },
  ])(
    '$payloadType is $encoding without an rtpmap',
    { tags: 'A-RTP-2' },
    ({ payloadType, ...rtpmap }) => {
      const media = firstMedia(`m=video 0 RTP/AVP ${payloadType}`)
      expect(media.rtpmap(payloadType)).toEqual(rtpmap)
      expect(staticRtpMap(payloadType)).toEqual(rtpmap)
    },
  )

  test('an rtpmap takes precedence over the static table, a broken one does not', () => {
    const media = firstMedia('m=audio 0 RTP/AVP 0 8', 'a=rtpmap:0 L16/16000', 'a=rtpmap:8 PCMA')
    expect(media.rtpmap(0)).toEqual({ encoding: 'L16', clockRate: 16000 })
    expect(media.rtpmap(8)).toEqual({ encoding: 'PCMA', clockRate: 8000 })
    expect(media.rtpmap(96)).toBeUndefined()
  })

  test('fmtp and rtpmap are found by payload type, despite spaces', () => {
    const media = firstMedia(
      'm=video 0 RTP/AVP 96 97',
      'a=rtpmap: 96  H264/90000 ',
      'a=fmtp:97 a=b',
      'a=fmtp:96 x=1; y=2 ',
      'a=control: track1 ',
    )
    expect(media.rtpmap(96)).toEqual({ encoding: 'H264', clockRate: 90000 })
    expect(media.fmtp(96)).toBe('x=1; y=2')
    expect(media.fmtp(97)).toBe('a=b')
    expect(media.fmtp(9)).toBeUndefined()
    expect(media.control).toBe('track1')
  })
})

test('a clone can be edited without changing the original', () => {
  for (const { text } of sdpSamples) {
    const original = parseSdp(text)
    const clone = {
      session: original.session.clone(),
      media: original.media.map((media) => media.clone()),
    }
    expect(serializeSdp(clone)).toBe(text)
    clone.session.setValue('s', 'changed')
    for (const media of clone.media) {
      media.port = 9
      media.setAttribute('control', 'changed')
      media.removeAttributes('rtpmap')
      media.removeValues('b')
      media.setValue('c', 'IN IP4 0.0.0.0')
      media.addAttribute('new')
    }
    clone.media.pop()
    expect(serializeSdp(original)).toBe(text)
    expect(serializeSdp(clone)).not.toBe(text)
  }
})
