import { describe, expect, test } from 'vitest'
import {
  createSourceDescription,
  parseCompound,
  type RtcpPacket,
  sdesItemTypes,
  serializeBye,
  serializeCompound,
  serializeReceiverReport,
  serializeSenderReport,
  serializeSourceDescription,
} from '../../src/rtcp/index.js'
import { bytesOf } from '../support/bytes-of.js'
import { report, rtcpSamples } from './samples.js'

describe('bytes and packets', () => {
  test.each(rtcpSamples)('$name is parsed', ({ wire, packets }) => {
    expect(parseCompound(bytesOf(wire))).toEqual(packets)
    expect(parseCompound(new Uint8Array(bytesOf(wire)))).toEqual(packets)
  })

  test.each(rtcpSamples)('$name is serialised', ({ wire, packets }) => {
    expect(serializeCompound(packets).toString('hex')).toBe(bytesOf(wire).toString('hex'))
  })

  test.each(rtcpSamples)(
    '$name is dropped if cut off anywhere except between packets',
    { tags: 'A-RTC-6' },
    ({ wire, packets }) => {
      const bytes = bytesOf(wire)
      const ends = packets.map((_, index) => serializeCompound(packets.slice(0, index + 1)).length)
      for (let length = 0; length < bytes.length; length++) {
        const parsed = parseCompound(bytes.subarray(0, length))
        expect(parsed).toEqual(packets.slice(0, ends.indexOf(length) + 1))
      }
    },
  )
})

test('a compound packet starts with a report and gives the CNAME', { tags: 'A-RTC-3' }, () => {
  const senderReport: RtcpPacket = {
    type: 'senderReport',
    ssrc: 7,
    ntpTime: { seconds: 1, fraction: 2 },
    rtpTime: 3,
    packetCount: 4,
    octetCount: 5,
    reports: [],
  }
  const bytes = serializeCompound([senderReport, createSourceDescription(7, 'rtspool@host')])
  const packets = parseCompound(bytes, { policy: 'strict' })
  expect(packets).toEqual([
    senderReport,
    {
      type: 'sourceDescription',
      chunks: [{ ssrc: 7, items: [{ itemType: sdesItemTypes.cname, value: 'rtspool@host' }] }],
    },
  ])
})

describe('an inconsistent packet is dropped as a whole', { tags: 'A-RTC-6' }, () => {
  const receiverReport = '80c90001 00000001'
  test.each([
    { name: 'nothing', wire: '' },
    { name: 'three bytes', wire: '80c900' },
    { name: 'version 1', wire: '40c90001 00000001' },
    { name: 'a length beyond the end', wire: '80c90002 00000001' },
    { name: 'bytes behind the last packet', wire: `${receiverReport} 80c9` },
    { name: 'a packet type of RTP', wire: '80600001 00000001' },
    { name: 'an RR without its SSRC', wire: '80c90000' },
    { name: 'an RR that promises a report it does not hold', wire: '81c90001 00000001' },
    {
      name: 'an SR that ends early',
      wire: '80c80005 00000001 00000000 00000000 00000000 00000000',
    },
    { name: 'padding of no bytes', wire: 'a0c90002 00000001 00000000' },
    { name: 'padding that is no whole word', wire: 'a0c90002 00000001 00000003' },
    { name: 'padding longer than the packet', wire: 'a0c90002 00000001 000000fc' },
    { name: 'padding that eats the SSRC', wire: 'a0c90001 00000008' },
    { name: 'an SDES item beyond the end', wire: '81ca0002 00000001 01ff6162' },
    { name: 'an SDES chunk that is missing', wire: '82ca0002 00000001 00000000' },
    { name: 'a BYE with fewer sources than it says', wire: '82cb0001 00000001' },
    { name: 'a BYE whose reason is cut off', wire: '81cb0002 00000001 05616263' },
    { name: 'more than 64 packets', wire: receiverReport.repeat(65) },
    { name: 'a good packet and a bad one', wire: `${receiverReport} 81c90001 00000001` },
  ])('$name', ({ wire }) => {
    expect(parseCompound(bytesOf(wire))).toEqual([])
  })

  test('64 packets are read', () => {
    expect(parseCompound(bytesOf(receiverReport.repeat(64)))).toHaveLength(64)
  })

  test.each([
    { name: 'BYE alone', wire: '81cb0001 00000007' },
    {
      name: 'padding before the last packet',
      wire: `a0c90002 00000001 00000004 ${receiverReport}`,
    },
  ])('$name is dropped only by the strict policy', ({ wire }) => {
    expect(parseCompound(bytesOf(wire))).not.toEqual([])
    expect(parseCompound(bytesOf(wire), { policy: 'strict' })).toEqual([])
  })

  test.each([
    { name: 'padding at the end', wire: 'a0c90002 00000001 00000004' },
    { name: 'an extension behind the reports', wire: '80c90002 00000001 01020304' },
  ])('$name is skipped', ({ wire }) => {
    const packets = [{ type: 'receiverReport', ssrc: 1, reports: [] }]
    expect(parseCompound(bytesOf(wire), { policy: 'strict' })).toEqual(packets)
  })

  test('an SDES chunk that fills its packet needs no null octet', () => {
    const items = [{ itemType: sdesItemTypes.cname, value: 'ab' }]
    const packets = [{ type: 'sourceDescription', chunks: [{ ssrc: 1, items }] }]
    expect(parseCompound(bytesOf('81ca0002 00000001 01026162'))).toEqual(packets)
  })
})

describe('values that do not fit are refused', () => {
  const reports = Array.from({ length: 32 }, () => report)
  const ntpTime = { seconds: 0, fraction: 0 }
  const counts = { rtpTime: 0, packetCount: 0, octetCount: 0 }
  test.each([
    () => serializeReceiverReport({ type: 'receiverReport', ssrc: 1, reports }),
    () => serializeSenderReport({ type: 'senderReport', ssrc: 1, ntpTime, ...counts, reports }),
    () => serializeBye({ type: 'bye', ssrcs: reports.map(({ ssrc }) => ssrc) }),
    () => serializeBye({ type: 'bye', ssrcs: [1], reason: 'é'.repeat(128) }),
    () => serializeSourceDescription(createSourceDescription(1, 'x'.repeat(256))),
    () =>
      serializeCompound([{ type: 'unknown', packetType: 204, count: 0, body: Buffer.alloc(3) }]),
  ])('%s', (serialize) => {
    expect(serialize).toThrow(RangeError)
  })
})
