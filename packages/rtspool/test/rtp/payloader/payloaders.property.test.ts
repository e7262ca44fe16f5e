import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AacPayloader,
  G711Payloader,
  H264Payloader,
  H265Payloader,
  isValidRtp,
  markerOf,
  payloadTypeOf,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
} from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { eachCase } from '../../support/tagged-cases.js'
import { seededBytes } from '../random-bytes.js'
import { depacketizeAac, depacketizeH264, depacketizeH265 } from './depacketizers.js'
import { aacUnit, h264NalUnit, h265NalUnit } from './units.js'

const options = { payloadType: 96, ssrc: 7, sequenceNumber: 65_530 }

const nalUnitFields = (type: { min: number; max: number }, minSize: number, maxFlags: number) => ({
  size: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: minSize, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: minSize, max: 200_000 }) },
  ),
  type: fc.integer(type),
  flags: fc.nat(maxFlags),
  offset: fc.nat(800_000),
})

eachCase([
  {
    name: 'H.264',
    tags: ['A-PAY-1', 'A-RTP-2', 'A-RTP-3'],
    unit: fc
      .record(nalUnitFields({ min: 1, max: 23 }, 1, 7))
      .map(({ size, type, flags, offset }) => h264NalUnit((flags << 5) | type, size, offset)),
    Payloader: H264Payloader,
    depacketize: depacketizeH264,
  },
  {
    name: 'H.265',
    tags: ['A-PAY-2', 'A-RTP-2', 'A-RTP-3'],
    unit: fc
      .record(nalUnitFields({ min: 0, max: 47 }, 2, 0xffff))
      .map(({ size, type, flags, offset }) => h265NalUnit(type, size, flags, offset)),
    Payloader: H265Payloader,
    depacketize: depacketizeH265,
  },
])('$name: NAL units of up to 200,000 bytes stay unchanged', (codec) => {
  const { unit, Payloader, depacketize } = codec
  fc.assert(
    fc.property(
      fc.array(fc.array(unit, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.oneof(fc.constant(1460), fc.integer({ min: 64, max: 9000 })),
      fc.nat(0xffff),
      (accessUnits, maxPacketBytes, sequenceNumber) => {
        const payloader = new Payloader({ ...options, sequenceNumber, maxPacketBytes })
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
          const received = depacketize(packets)
          expect(received.length).toBe(units.length)
          expect(received.every((nal, at) => nal.equals(units[at] as Buffer))).toBe(true)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('access units of 1 to 8191 bytes stay unchanged', {
  tags: ['A-PAY-3', 'A-RTP-1', 'A-RTP-3'],
}, () => {
  const unit = fc
    .tuple(
      fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 8191 })),
      fc.nat(50_000),
    )
    .map(([size, offset]) => aacUnit(size, offset))
  fc.assert(
    fc.property(
      fc.array(fc.array(unit, { maxLength: 8 }), { maxLength: 4 }),
      fc.oneof(fc.constant(1460), fc.integer({ min: 64, max: 9000 })),
      fc.integer({ min: 1, max: 6 }),
      (batches, maxPacketBytes, maxAccessUnitsPerPacket) => {
        const payloader = new AacPayloader({ ...options, maxPacketBytes, maxAccessUnitsPerPacket })
        let expectedSequence = options.sequenceNumber
        for (const units of batches) {
          const packets = payloader.packetize(units, 0)
          for (const packet of packets) {
            const isSound =
              isValidRtp(packet) &&
              packet.length <= maxPacketBytes &&
              sequenceNumberOf(packet) === expectedSequence
            if (!isSound) expect.fail(packet.toString('hex', 0, 16))
            expectedSequence = (expectedSequence + 1) % 65536
          }
          const received = depacketizeAac(packets)
          expect(received.length).toBe(units.length)
          expect(received.every((got, at) => got.equals(units[at] as Buffer))).toBe(true)
        }
        expect(payloader.sequenceNumber).toBe(expectedSequence)
      },
    ),
    { numRuns: 100 },
  )
})

test('samples of G.711 of all sizes and channels stay unchanged, with times by sampling instants', {
  tags: 'A-PAY-5',
}, () => {
  fc.assert(
    fc.property(
      fc.nat(8000),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 64, max: 1460 }),
      (instants, channels, maxPacketBytes) => {
        const payloader = new G711Payloader({ ...options, channels, maxPacketBytes })
        const samples = seededBytes(instants * channels, instants)
        const packets = payloader.packetize(samples, 2 ** 32 - 100)
        let sent = 0
        for (const [index, packet] of packets.entries()) {
          const isSound =
            isValidRtp(packet) &&
            packet.length <= maxPacketBytes &&
            payloadOf(packet).length % channels === 0 &&
            sequenceNumberOf(packet) === (65_530 + index) % 65_536 &&
            timestampOf(packet) === (2 ** 32 - 100 + sent / channels) % 2 ** 32
          if (!isSound) expect.fail(`packet ${index}: ${packet.toString('hex', 0, 16)}`)
          sent += payloadOf(packet).length
        }
        expect(Buffer.concat(packets.map(payloadOf)).equals(samples)).toBe(true)
      },
    ),
  )
})
