import { describe, expect, it } from 'vitest'
import { unitPacketizerOf } from '../../../src/client/publish/unit-packetizer.js'
import { createDepacketizer, payloadTypeOf } from '../../../src/rtp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'

const bytes = (first: number, size: number) =>
  Buffer.concat([Buffer.from([first]), Buffer.alloc(size, 0x5a)])

const bytes265 = (first: number, size: number) =>
  Buffer.concat([Buffer.from([first, 1]), Buffer.alloc(size)])

describe('units of a track become packets that become the same units', () => {
  it.each<{ kind: string; map: string; fmtp?: string; parts: Buffer[] }>([
    {
      kind: 'video',
      map: 'H264/90000',
      parts: [bytes(0x67, 9), bytes(0x68, 5), bytes(0x65, 9000)],
    },
    { kind: 'video', map: 'H265/90000', parts: [bytes265(0x40, 9), bytes265(0x26, 9000)] },
    { kind: 'video', map: 'VP8/90000', parts: [bytes(0x10, 900), bytes(0, 900)] },
    { kind: 'audio', map: 'opus/48000/2', parts: [bytes(0x78, 100)] },
    { kind: 'audio', map: 'L16/44100/2', parts: [bytes(0, 999)] },
    {
      ...{ kind: 'audio', map: 'mpeg4-generic/48000/2', parts: [bytes(1, 4000)] },
      fmtp: 'mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3',
    },
    { kind: 'audio', map: 'MP4A-LATM/48000/2', fmtp: 'cpresent=0', parts: [bytes(1, 254)] },
    { kind: 'audio', map: 'MP4A-LATM/48000/2', fmtp: 'cpresent=0', parts: [bytes(1, 600)] },
    { kind: 'audio', map: 'MP4A-LATM/48000/2', fmtp: 'cpresent=1', parts: [bytes(1, 600)] },
    { kind: 'audio', map: 'MPA/90000', parts: [bytes(0xff, 2800)] },
    { kind: 'audio', map: 'AC3/48000', parts: [bytes(0x0b, 2500)] },
  ])('$map $fmtp', ({ kind, map, fmtp, parts }) => {
    const lines = [`m=${kind} 0 RTP/AVP 101`, `a=rtpmap:101 ${map}`]
    if (fmtp) lines.push(`a=fmtp:101 ${fmtp}`)
    const [description] = parseSdp(['v=0', ...lines, ''].join('\r\n')).media
    if (!description) throw new Error('no media')
    const packetize = unitPacketizerOf(description)
    const encoding = map.split('/')[0] ?? ''
    const depacketizer = createDepacketizer({ encoding, kind, parameters: fmtp })
    for (const timestamp of [1000, 4000, 2 ** 32 - 1]) {
      const packets = packetize(parts, timestamp)
      expect(packets.map(payloadTypeOf)).toEqual(packets.map(() => 101))
      const units = [
        ...packets.flatMap((packet) => depacketizer.push(packet)),
        ...depacketizer.flush(),
      ]
      expect(units.map((unit) => unit.timestamp)).toEqual([timestamp])
      expect(units.flatMap((unit) => unit.parts)).toEqual(parts)
    }
    expect([depacketizer.lostPackets, depacketizer.malformedPackets]).toEqual([0, 0])
  })
})
