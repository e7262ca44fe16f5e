import { describe, expect, test } from 'vitest'
import { PcmPayloader, pcmEncodingOf, timestampOf, toNetworkPcm } from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { seededBytes } from '../random-bytes.js'

const options = { payloadType: 97, ssrc: 7, sequenceNumber: 65_530, maxPacketBytes: 1460 }
const pcm = (sampleBytes: 1 | 2 | 3, isLittleEndian = false, isSigned8 = false) => ({
  sampleBytes,
  isLittleEndian,
  isSigned8,
})

describe('linear PCM', () => {
  test.each([
    { name: '16 bits, little endian', format: pcm(2, true), from: '0102fffe', to: '0201feff' },
    { name: '16 bits, big endian', format: pcm(2), from: '0102fffe', to: '0102fffe' },
    {
      name: '24 bits, little endian',
      format: pcm(3, true),
      from: '010203fffefd',
      to: '030201fdfeff',
    },
    { name: '24 bits, big endian', format: pcm(3), from: '010203', to: '010203' },
    { name: '8 bits, signed', format: pcm(1, false, true), from: '80ff007f', to: '007f80ff' },
    { name: '8 bits, unsigned', format: pcm(1), from: '80ff007f', to: '80ff007f' },
    { name: 'an incomplete sample', format: pcm(3, true), from: '01020304', to: '030201' },
  ])('of $name is sent in network order', ({ format, from, to }) => {
    const bytes = Buffer.from(from, 'hex')
    expect(Buffer.from(toNetworkPcm(bytes, format)).toString('hex')).toBe(to)
    expect(bytes.toString('hex')).toBe(from)
  })

  test('is named after its bits', () => {
    expect([pcm(1), pcm(2), pcm(3)].map(pcmEncodingOf)).toEqual(['L8', 'L16', 'L24'])
  })

  test.each([1, 2, 3, 4, 6, 12, 18])('in instants of %d bytes stays unchanged', (instantBytes) => {
    const payloader = new PcmPayloader({ ...options, instantBytes })
    const samples = seededBytes(960 * instantBytes + instantBytes - 1, instantBytes)
    const packets = payloader.packetize(samples, 90)
    expect(Buffer.concat(packets.map(payloadOf))).toEqual(samples.subarray(0, 960 * instantBytes))
    let instants = 0
    for (const packet of packets) {
      expect(packet.length).toBeLessThanOrEqual(1460)
      expect(timestampOf(packet)).toBe(90 + instants)
      expect(payloadOf(packet).length % instantBytes).toBe(0)
      instants += payloadOf(packet).length / instantBytes
    }
  })

  test.each([0, -1, 1.5, 2000])('in instants of %d bytes is refused', (instantBytes) => {
    expect(() => new PcmPayloader({ ...options, instantBytes })).toThrow(RangeError)
  })
})
