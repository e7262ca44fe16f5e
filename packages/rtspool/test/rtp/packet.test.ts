import { describe, expect, test } from 'vitest'
import {
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
import { bytesOf } from '../support/bytes-of.js'
import { payloadOf } from '../support/payload.js'
import { invalidPackets, validPackets } from './samples.js'

describe('validity of incoming RTP headers', { tags: 'A-RTC-6' }, () => {
  test.each(validPackets)('$name is accepted', ({ wire, start, end }) => {
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

  test.each(invalidPackets)('$name is refused', ({ wire }) => {
    expect(isValidRtp(bytesOf(wire))).toBe(false)
  })
})

describe('a written header is read back', () => {
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
