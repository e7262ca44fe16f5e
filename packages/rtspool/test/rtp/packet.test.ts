import { describe, expect, test } from 'vitest'
import {
  isH264KeyFrame,
  isValidRtp,
  markerOf,
  payloadEndOf,
  payloadOffsetOf,
  payloadTypeOf,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
  writeRtpHeader,
} from '../../src/rtp/index.js'
import { payloadOf } from '../support/payload.js'
import { mutate } from './random-bytes.js'

const header = '1234 89abcdef fedcba98' // sequence number, timestamp, ssrc

/** `start` to `end` is the payload. */
const valid = [
  { name: 'a header alone', wire: `80 60 ${header}`, start: 12, end: 12 },
  { name: 'a payload', wire: `80 e0 ${header} 010203`, start: 12, end: 15 },
  { name: 'two CSRCs', wire: `82 60 ${header} 00000001 00000002 01`, start: 20, end: 21 },
  { name: 'an empty extension', wire: `90 60 ${header} bede0000 01`, start: 16, end: 17 },
  {
    name: 'a CSRC and an extension of two words',
    wire: `91 60 ${header} 00000001 bede0002 0102030405060708 01`,
    start: 28,
    end: 29,
  },
  { name: 'padding', wire: `a0 60 ${header} 0102 000003`, start: 12, end: 14 },
  { name: 'nothing but padding', wire: `a0 60 ${header} 0002`, start: 12, end: 12 },
  { name: 'payload type 71', wire: `80 47 ${header}`, start: 12, end: 12 },
  { name: 'payload type 77', wire: `80 4d ${header}`, start: 12, end: 12 },
]

const invalid = [
  { name: 'nothing', wire: '' },
  { name: 'eleven bytes', wire: `80 60 ${header}`.slice(0, -2) },
  { name: 'version 1', wire: `40 60 ${header}` },
  { name: 'version 3', wire: `c0 60 ${header}` },
  { name: 'an RTCP sender report', wire: `80 c8 ${header}` },
  { name: 'payload type 72', wire: `80 48 ${header}` },
  { name: 'payload type 76 with marker', wire: `80 cc ${header}` },
  { name: 'a CSRC that is missing', wire: `81 60 ${header} 000000` },
  { name: 'an extension without its header', wire: `90 60 ${header} bede00` },
  { name: 'an extension beyond the end', wire: `90 60 ${header} bede0001 000000` },
  { name: 'padding of no bytes', wire: `a0 60 ${header} 0100` },
  { name: 'padding longer than the payload', wire: `a0 60 ${header} 0103` },
  { name: 'padding that is the header', wire: `a0 60 ${header.slice(0, -2)} 01` },
  { name: 'padding within the CSRCs', wire: `a1 60 ${header} 00000004` },
]

function bytesOf(wire: string): Buffer {
  return Buffer.from(wire.replaceAll(' ', ''), 'hex')
}

describe('A-RTC-6: validity of incoming RTP headers', () => {
  test.each(valid)('$name is accepted', ({ wire, start, end }) => {
    const packet = bytesOf(wire)
    expect(isValidRtp(packet)).toBe(true)
    expect(payloadOffsetOf(packet)).toBe(start)
    expect(payloadEndOf(packet)).toBe(end)
    expect(payloadOf(packet)).toEqual(packet.subarray(start, end))
    expect(payloadOf(packet).buffer).toBe(packet.buffer)
    expect(sequenceNumberOf(packet)).toBe(0x1234)
    expect(timestampOf(packet)).toBe(0x89abcdef)
    expect(ssrcOf(packet)).toBe(0xfedcba98)
  })

  test.each(invalid)('$name is refused', ({ wire }) => {
    expect(isValidRtp(bytesOf(wire))).toBe(false)
  })

  test('20,000 mutated packets never throw', () => {
    const seeds = [...valid, ...invalid].map(({ wire }) => bytesOf(wire))
    let accepted = 0
    for (let run = 0; run < 20_000; run++) {
      const packet = mutate(seeds[run % seeds.length] as Buffer, run)
      for (const read of [markerOf, payloadTypeOf, sequenceNumberOf, timestampOf, ssrcOf])
        read(packet)
      const payload = payloadOf(packet)
      isH264KeyFrame(payload)
      if (!isValidRtp(packet)) continue
      accepted++
      const start = payloadOffsetOf(packet)
      const end = payloadEndOf(packet)
      if (!(start >= 12 && start <= end && end <= packet.length))
        expect.fail(packet.toString('hex'))
      if (payload.length !== end - start) expect.fail(packet.toString('hex'))
    }
    expect(accepted).toBeGreaterThan(1000)
  })
})

describe('the header that is written is read again', () => {
  test.each([
    { payloadType: 96, marker: true, sequenceNumber: 0xffff, timestamp: 0xffffffff, ssrc: 1 },
    { payloadType: 0, marker: false, sequenceNumber: 0, timestamp: 0, ssrc: 0xffffffff },
    {
      payloadType: 127,
      marker: true,
      sequenceNumber: 256,
      timestamp: 0x80000000,
      ssrc: 0x01020304,
    },
  ])('%j', ({ payloadType, marker, sequenceNumber, timestamp, ssrc }) => {
    const buffer = Buffer.alloc(20, 0x55)
    const end = writeRtpHeader(buffer, 4, payloadType, marker, sequenceNumber, timestamp, ssrc)
    expect(end).toBe(16)
    expect(buffer.toString('hex', 0, 4) + buffer.toString('hex', 16)).toBe('5555555555555555')
    const packet = buffer.subarray(4, end)
    expect(isValidRtp(packet)).toBe(true)
    expect(payloadTypeOf(packet)).toBe(payloadType)
    expect(markerOf(packet)).toBe(marker)
    expect(sequenceNumberOf(packet)).toBe(sequenceNumber)
    expect(timestampOf(packet)).toBe(timestamp)
    expect(ssrcOf(packet)).toBe(ssrc)
  })

  test('a timestamp beyond 32 bits wraps', () => {
    const packet = Buffer.alloc(12)
    writeRtpHeader(packet, 0, 96, false, 0, 2 ** 32 + 5, 1)
    expect(timestampOf(packet)).toBe(5)
  })
})
