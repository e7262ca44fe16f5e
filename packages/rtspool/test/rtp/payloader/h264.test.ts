import { describe, expect, test } from 'vitest'
import {
  H264Payloader,
  payloadKinds,
  sequenceNumberOf,
  timestampOf,
} from '../../../src/rtp/index.js'
import { kindOf, payloadOf } from '../../support/payload.js'
import { h264NalUnit } from './units.js'

const options = { payloadType: 96, ssrc: 7, sequenceNumber: 65530 }

describe('the packets of an access unit', { tags: 'A-PAY-1' }, () => {
  const payloader = new H264Payloader({ ...options, maxPacketBytes: 64 }) // 52 of payload
  const payloads = (units: Buffer[]): string[] =>
    payloader.packetize(units, 0).map((packet) => payloadOf(packet).toString('hex'))

  test('sends a NAL unit that fits unchanged', () => {
    const unit = h264NalUnit(0x65, 52)
    expect(payloads([unit])).toEqual([unit.toString('hex')])
  })

  test('puts neighbours that fit into a STAP-A with the highest NRI and the F bit of any', () => {
    const units = [Buffer.from('0601', 'hex'), Buffer.from('a7', 'hex'), Buffer.from('4102', 'hex')]
    expect(payloads(units)).toEqual(['d8 0002 0601 0001 a7 0002 4102'.replaceAll(' ', '')])
  })

  test('keeps two units apart that are a byte too large together', () => {
    const fitting = [h264NalUnit(0x67, 24), h264NalUnit(0x68, 23)]
    expect(payloads(fitting)).toHaveLength(1)
    expect(payloads([...fitting.slice(1), h264NalUnit(0x68, 25)])).toHaveLength(2)
  })

  test('sends a larger unit in full FU-A fragments and a rest', () => {
    const unit = h264NalUnit(0x65, 1 + 50 + 50 + 1)
    const packets = payloader.packetize([unit], 0)
    expect(packets.map((packet) => packet.length)).toEqual([64, 64, 15])
    const headers = packets.map((packet) => payloadOf(packet).toString('hex', 0, 2))
    expect(headers).toEqual(['7c85', '7c05', '7c45'])
    expect(payloads([h264NalUnit(0x65, 53)])).toHaveLength(2)
  })

  test('puts parameter sets before a large slice in a key frame', () => {
    const packets = payloader.packetize(
      [h264NalUnit(0x67, 10), h264NalUnit(0x68, 4), h264NalUnit(0x65, 100)],
      0,
    )
    const { prefix, keyFrame, rest } = payloadKinds
    expect(packets.map((packet) => kindOf('H264', payloadOf(packet)))).toEqual([
      prefix,
      keyFrame,
      rest,
    ])
  })

  test('drops and counts empty units and types that H.264 does not define', () => {
    const before = payloader.droppedNalUnits
    const unit = h264NalUnit(0x41, 5)
    const others = [0x60, 0x78, 0x7c, 0x1f].map((header) => h264NalUnit(header, 5))
    expect(payloads([Buffer.alloc(0), ...others, unit, Buffer.alloc(0)])).toEqual([
      unit.toString('hex'),
    ])
    expect(payloader.droppedNalUnits - before).toBe(6)
    expect(payloads([])).toEqual([])
  })

  test('share no memory with the NAL units', () => {
    const unit = h264NalUnit(0x65, 20)
    const [packet] = payloader.packetize([unit], 0)
    unit.fill(0)
    expect(packet?.readUInt8(12)).toBe(0x65)
  })
})

test('the sequence wraps at 65535 without a gap, timestamps at 2^32', { tags: 'A-RTP-1' }, () => {
  const payloader = new H264Payloader({ ...options, maxPacketBytes: 100 })
  const packets: Buffer[] = []
  for (let frame = 0; frame < 5; frame++) {
    packets.push(...payloader.packetize([h264NalUnit(0x41, 300)], 2 ** 32 - 3000 + frame * 1500))
  }
  expect(packets.map(sequenceNumberOf)).toEqual(packets.map((_, index) => (65530 + index) % 65536))
  expect(packets.length).toBeGreaterThan(10)
  expect(payloader.sequenceNumber).toBe((65530 + packets.length) % 65536)
  expect([...new Set(packets.map(timestampOf))]).toEqual([
    2 ** 32 - 3000,
    2 ** 32 - 1500,
    0,
    1500,
    3000,
  ])
})

describe('options out of range are refused', () => {
  test.each([
    { payloadType: 128 },
    { payloadType: -1 },
    { ssrc: 2 ** 32 },
    { ssrc: 0.5 },
    { sequenceNumber: 65536 },
    { maxPacketBytes: 63 },
    { maxPacketBytes: 65536 },
    { maxPacketBytes: Number.NaN },
  ])('%j', (wrong) => {
    expect(() => new H264Payloader({ ...options, ...wrong })).toThrow(RangeError)
  })
})
