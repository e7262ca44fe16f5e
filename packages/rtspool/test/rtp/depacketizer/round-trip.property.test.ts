import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  Ac3Payloader,
  createDepacketizer,
  MpegAudioPayloader,
  type PayloadFormat,
  type RtpUnit,
} from '../../../src/public/rtp.js'
import { fuzzRuns, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import { mutate, seededBytes, seededRandom } from '../random-bytes.js'
import { codecs, options } from './tested-codecs.js'

test.each(codecs)(
  '$name: restored access units equal the original ones',
  ({ format, unit, packetizer }) => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 1, maxLength: 12 }), (seeds) => {
        const depacketizer = createDepacketizer(format)
        const packetize = packetizer()
        const expected = seeds.map(unit)
        const units = expected
          .flatMap((parts, at) => packetize(parts, at * 3000))
          .flatMap((packet) => depacketizer.push(packet))
        units.push(...depacketizer.flush())
        expect(units.map(({ parts }) => parts)).toEqual(expected)
        expect(units.map(({ timestamp }) => timestamp)).toEqual(seeds.map((_, at) => at * 3000))
        expect(depacketizer).toMatchObject({ lostPackets: 0, malformedPackets: 0, droppedUnits: 0 })
      }),
      { numRuns: fuzzRuns(100) },
    )
  },
  fuzzTimeoutMs(),
)

test.each(codecs)(
  '$name: with lost packets, each restored unit is complete',
  (codec) => {
    const { format, unit, packetizer } = codec
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.nat(10_000), { minLength: 3, maxLength: 12 }),
        (seed, seeds) => {
          const random = seededRandom(seed)
          const depacketizer = createDepacketizer(format)
          const packetize = packetizer()
          const expected = new Map(seeds.map((each, at) => [at * 3000, unit(each)]))
          const packets = [...expected].flatMap(([timestamp, parts]) => packetize(parts, timestamp))
          const kept = packets.filter((_, at) => at === 0 || random() > 0.2)
          const units = kept.flatMap((packet) => depacketizer.push(packet))
          // The last unit may lack its marker, so a missing packet at its end cannot be detected.
          for (const { parts, timestamp } of units) expect(parts).toEqual(expected.get(timestamp))
          const told = units.reduce((sum, { lostPackets }) => sum + lostPackets, 0)
          expect(told).toBeLessThanOrEqual(packets.length - kept.length)
        },
      ),
      { numRuns: fuzzRuns(100) },
    )
  },
  fuzzTimeoutMs(),
)

const formats: readonly PayloadFormat[] = [
  ...codecs.map(({ format }) => format),
  ...['MPA', 'AC3', 'EAC3', 'PCMU', 'JPEG', 'VP8', 'unknown'].map((encoding) => ({ encoding })),
  { encoding: 'mpeg4-generic', parameters: 'sizelength=6; indexlength=2; indexdeltalength=2' },
  { encoding: 'mpeg4-generic', parameters: 'sizelength=99999; indexlength=-1; =; ;x' },
  { encoding: 'mpeg4-generic' },
]

test(
  'hostile packets throw nothing in any format, and keep no more memory than they have',
  () => {
    const seeds = codecs.flatMap(({ unit, packetizer }) => packetizer()(unit(3), 0))
    seeds.push(
      ...new Ac3Payloader({ ...options, codec: 'ac3' } as never).packetize(ac3Frame(), 0),
      ...new MpegAudioPayloader(options).packetize(seededBytes(1400, 1), 0),
    )
    for (const format of formats) {
      const depacketizer = createDepacketizer(format)
      let received = 0
      let given = 0
      const take = (units: readonly RtpUnit[]) => {
        for (const { parts } of units) for (const part of parts) given += part.length
      }
      for (let run = 0; run < fuzzRuns(20_000); run++) {
        const packet = mutate(seeds[run % seeds.length] as Buffer, run)
        received += packet.length
        take(depacketizer.push(packet))
      }
      take(depacketizer.flush())
      expect(given).toBeLessThanOrEqual(received)
    }
  },
  fuzzTimeoutMs(),
)

function ac3Frame(): Buffer {
  const frame = seededBytes(1400, 2)
  frame.writeUInt16BE(0x0b77, 0)
  return frame
}
