import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  H265Payloader,
  isH265KeyFrame,
  isValidRtp,
  markerOf,
  payloadTypeOf,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
} from '../../src/rtp/index.js'
import { payloadOf } from '../support/payload.js'
import { depacketizeH265 } from './depacketizers.js'
import { seededBytes } from './random-bytes.js'

const options = { payloadType: 96, ssrc: 7, sequenceNumber: 65_530 }
/** One megabyte of noise that NAL units are cut from. */
const noise = seededBytes(2 ** 20, 2)

/** @param flags - F, LayerId and TID where the header has them. */
function nalUnit(type: number, size: number, flags = 0x0001, offset = 0): Buffer {
  const unit = Buffer.from(noise.subarray(offset, offset + Math.max(size, 2)))
  unit.writeUInt16BE((flags & 0x81ff) | (type << 9), 0)
  return unit
}

describe('A-PAY-2: the packets of an access unit', () => {
  const payloader = new H265Payloader({ ...options, maxPacketBytes: 64 }) // 52 of payload
  const payloads = (units: Buffer[]): string[] =>
    payloader.packetize(units, 0).map((packet) => payloadOf(packet).toString('hex'))

  test('a NAL unit that fits is sent as it is', () => {
    const unit = nalUnit(19, 52)
    expect(payloads([unit])).toEqual([unit.toString('hex')])
  })

  test('small parameter sets share an AP with the lowest LayerId and TID and the F bit of any', () => {
    const units = ['400a01', '421b02', 'c41103'].map((text) => Buffer.from(text, 'hex'))
    // LayerId 1, 3, 2 and TID 2, 3, 1
    expect(payloads(units)).toEqual(['e009 0003400a01 0003421b02 0003c41103'.replaceAll(' ', '')])
  })

  test('two that would be a byte too large together do not', () => {
    expect(payloads([nalUnit(33, 24), nalUnit(34, 22)])).toHaveLength(1)
    expect(payloads([nalUnit(33, 24), nalUnit(34, 23)])).toHaveLength(2)
  })

  test('a larger one is sent in full FU fragments and a rest, its header in each', () => {
    const unit = nalUnit(19, 2 + 49 + 49 + 1, 0x000a)
    const packets = payloader.packetize([unit], 0)
    expect(packets.map((packet) => packet.length)).toEqual([64, 64, 16])
    const headers = packets.map((packet) => payloadOf(packet).toString('hex', 0, 3))
    expect(headers).toEqual(['620a93', '620a13', '620a53'])
    expect(payloads([nalUnit(19, 53)])).toHaveLength(2)
  })

  test('parameter sets before a large slice begin a key frame', () => {
    const sets = [nalUnit(32, 10), nalUnit(33, 10), nalUnit(34, 4)]
    const packets = payloader.packetize([...sets, nalUnit(20, 100)], 0)
    expect(packets.map((packet) => isH265KeyFrame(payloadOf(packet)))).toEqual([true, true, false])
  })

  test('units without a whole header and of types that are packets are left out and counted', () => {
    const before = payloader.droppedNalUnits
    const unit = nalUnit(1, 5)
    const others = [Buffer.alloc(0), Buffer.of(0x40), ...[48, 49, 50, 63].map((t) => nalUnit(t, 5))]
    expect(payloads([...others, unit])).toEqual([unit.toString('hex')])
    expect(payloader.droppedNalUnits - before).toBe(6)
    expect(payloads([])).toEqual([])
  })
})

test('A-RTP-1: the sequence of H.265 wraps at 65535 without a gap', () => {
  const payloader = new H265Payloader({ ...options, maxPacketBytes: 100 })
  const packets = [0, 1, 2].flatMap((frame) => payloader.packetize([nalUnit(1, 300)], frame * 3600))
  expect(packets.length).toBeGreaterThan(6)
  expect(packets.map(sequenceNumberOf)).toEqual(
    packets.map((_, index) => (65_530 + index) % 65_536),
  )
})

test('A-PAY-2, A-RTP-2, A-RTP-3: NAL units of 2 to 200,000 bytes come out byte for byte', () => {
  const unit = fc
    .record({
      size: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 2, max: 3000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 200_000 }) },
      ),
      type: fc.integer({ min: 0, max: 47 }),
      flags: fc.nat(0xffff),
      offset: fc.nat(800_000),
    })
    .map(({ size, type, flags, offset }) => nalUnit(type, size, flags, offset))
  fc.assert(
    fc.property(
      fc.array(fc.array(unit, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.oneof(fc.constant(1460), fc.integer({ min: 64, max: 9000 })),
      fc.nat(0xffff),
      (accessUnits, maxPacketBytes, sequenceNumber) => {
        const payloader = new H265Payloader({ ...options, sequenceNumber, maxPacketBytes })
        let expectedSequence = sequenceNumber
        for (const [index, units] of accessUnits.entries()) {
          const packets = payloader.packetize(units, index * 3000)
          for (const [at, packet] of packets.entries()) {
            const isSound =
              isValidRtp(packet) &&
              packet.length <= maxPacketBytes &&
              payloadTypeOf(packet) === 96 &&
              ssrcOf(packet) === 7 &&
              timestampOf(packet) === index * 3000 &&
              sequenceNumberOf(packet) === expectedSequence &&
              markerOf(packet) === (at === packets.length - 1)
            if (!isSound) expect.fail(`packet ${at}: ${packet.toString('hex', 0, 16)}`)
            expectedSequence = (expectedSequence + 1) % 65_536
          }
          const received = depacketizeH265(packets)
          expect(received.length).toBe(units.length)
          expect(received.every((nal, at) => nal.equals(units[at] as Buffer))).toBe(true)
        }
      },
    ),
    { numRuns: 100 },
  )
})
