import { expect, test } from 'vitest'
import {
  createDepacketizer,
  createPassingDepacketizer,
  type Depacketizer,
  type RtpUnit,
} from '../../../src/rtp/index.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import { mutate, seededRandom } from '../random-bytes.js'
import { codecs, type TestedCodec } from './tested-codecs.js'

const unitsOfStream = 40
const markerBit = 0x80

/** Packets of a stream of which some are lost, repeated, late, damaged, or lack their marker. */
function* packetsOf({ unit, packetizer }: TestedCodec, random: () => number): Generator<Buffer> {
  const packetize = packetizer()
  let late: Buffer | undefined
  for (let at = 0; at < unitsOfStream; at++) {
    for (const packet of packetize(unit(Math.floor(random() * 10_000)), at * 3000)) {
      const fate = random()
      if (fate < 0.02) continue
      if (fate < 0.04) yield packet
      if (fate < 0.06) packet[1] = (packet[1] as number) & ~markerBit
      const sent = fate > 0.97 ? mutate(packet, Math.floor(fate * 1e6)) : packet
      if (fate > 0.95 && fate < 0.97) late = sent
      else yield sent
      if (late && random() < 0.3) {
        yield late
        late = undefined
      }
    }
  }
}

/** Pushes a packet in memory that is overwritten at once, as the next read of a socket does. */
function pass(depacketizer: Depacketizer, packet: Buffer): readonly RtpUnit[] {
  const bytes = Buffer.from(packet)
  const units = depacketizer.push(bytes)
  bytes.fill(0xaa)
  return units
}

const countsOf = ({ lostPackets, malformedPackets, droppedUnits }: Depacketizer) => {
  return { lostPackets, malformedPackets, droppedUnits }
}

test.each(codecs)(
  '$name: a depacketizer that keeps no packet returns the same units as one that does',
  (codec) => {
    let count = 0
    for (let run = 0; run < fuzzRuns(25); run++) {
      const random = seededRandom(fuzzSeed + run)
      // Streams that take turns share their memory.
      const streams = [1, 2, 3].map(() => ({
        packets: packetsOf(codec, random),
        keeping: createDepacketizer(codec.format),
        passing: createPassingDepacketizer(codec.format),
      }))
      for (let open = streams; open.length > 0; ) {
        const stream = open[Math.floor(random() * open.length)]
        const next = stream?.packets.next()
        if (!stream || !next || next.done) {
          open = open.filter((each) => each !== stream)
          continue
        }
        const units = stream.keeping.push(Buffer.from(next.value))
        expect(pass(stream.passing, next.value)).toEqual(units)
        count += units.length
      }
      for (const { keeping, passing } of streams) {
        expect(passing.flush()).toEqual(keeping.flush())
        expect(countsOf(passing)).toEqual(countsOf(keeping))
      }
    }
    expect(count).toBeGreaterThan(fuzzRuns(25) * unitsOfStream)
  },
  fuzzTimeoutMs(),
)
