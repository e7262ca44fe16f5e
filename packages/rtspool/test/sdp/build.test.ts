import { describe, expect, test } from 'vitest'
import {
  createMediaDescription,
  createSessionDescription,
  parseSdp,
  serializeSdp,
} from '../../src/sdp/index.js'

describe('the description for DESCRIBE', {
  tags: ['A-DES-1', 'A-DES-4', 'A-DES-6', 'A-DES-7'],
}, () => {
  test('follows the order of the grammar', () => {
    const description = createSessionDescription({
      originId: 12345678901234567890n,
      originVersion: 2,
      address: '0.0.0.0',
      name: 'cam',
      range: 'npt=0-10.5',
      tool: 'rtspool',
    })
    description.media.push(
      createMediaDescription({
        kind: 'video',
        payloadType: 96,
        encoding: 'H264',
        clockRate: 90000,
        fmtp: 'packetization-mode=1',
        bandwidthKbps: 1999.5,
        control: 'trackID=0',
      }),
      createMediaDescription({
        kind: 'audio',
        payloadType: 97,
        encoding: 'mpeg4-generic',
        clockRate: 48000,
        channels: 2,
      }),
    )
    const text = serializeSdp(description)
    expect(text.split('\r\n')).toEqual([
      'v=0',
      'o=- 12345678901234567890 2 IN IP4 0.0.0.0',
      's=cam',
      'c=IN IP4 0.0.0.0',
      't=0 0',
      'a=tool:rtspool',
      'a=control:*',
      'a=range:npt=0-10.5',
      'm=video 0 RTP/AVP 96',
      'b=AS:2000',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1',
      'a=control:trackID=0',
      'm=audio 0 RTP/AVP 97',
      'a=rtpmap:97 mpeg4-generic/48000/2',
      '',
    ])
    expect(serializeSdp(parseSdp(text))).toBe(text)
  })

  test.each([
    { address: '::', connection: 'IN IP6 ::', origin: '- 1 1 IN IP6 ::' },
    {
      address: '239.1.2.3/16',
      connection: 'IN IP4 239.1.2.3/16',
      origin: '- 1 1 IN IP4 239.1.2.3',
    },
    {
      address: 'ff15::1',
      originAddress: '192.0.2.1',
      connection: 'IN IP6 ff15::1',
      origin: '- 1 1 IN IP4 192.0.2.1',
    },
  ])('has $address as its address', ({ connection, origin, ...options }) => {
    const { session } = createSessionDescription({ originId: 1, name: '', ...options })
    expect(session.value('c')).toBe(connection)
    expect(session.value('o')).toBe(origin)
    expect(session.value('s')).toBe('-')
    expect(session.attribute('control')).toBe('*')
    expect(session.hasAttribute('range')).toBe(false)
  })
})

describe('misuse', () => {
  const session = { originId: 1, address: '::', name: 'x' }
  test.each([
    { ...session, name: 'a\r\nm=video 1 RTP/AVP 0' },
    { ...session, range: 'npt=0-\n' },
    { ...session, originId: '1\r' },
    { ...session, control: '\0' },
  ])('a session with %j', (options) => {
    expect(() => createSessionDescription(options)).toThrow(RangeError)
  })

  test.each([
    [{}, 'originId must be decimal digits, got undefined'],
    [{ originId: 1 }, 'address must be a string that is not empty, got undefined'],
    [{ originId: 1, address: '::' }, 'name must be a string, got undefined'],
  ])('a session with %j lacks a property', (options, message) => {
    const create = () => createSessionDescription(options as never)
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })

  const media = { kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90000 } as const
  test.each([
    [{ ...media, payloadType: '96' }, RangeError, "payloadType must be from 0 to 127, got '96'"],
    [{ ...media, kind: undefined }, TypeError, 'kind must be a string that is not empty'],
    [{ ...media, encoding: '' }, TypeError, 'encoding must be a string that is not empty'],
    [{ ...media, clockRate: '90000' }, TypeError, "clockRate must be a number, got '90000'"],
  ])('a media with %j throws an error with the reason', (options, type, message) => {
    const create = () => createMediaDescription(options as never)
    expect(create).toThrow(type)
    expect(create).toThrow(message)
  })

  test.each([
    { ...media, payloadType: 128 },
    { ...media, payloadType: -1 },
    { ...media, payloadType: 1.5 },
    { ...media, port: 70000 },
    { ...media, fmtp: 'a\nb' },
    { ...media, control: 'a\nb' },
  ])('a media with %j', (options) => {
    expect(() => createMediaDescription(options)).toThrow(RangeError)
  })
})
