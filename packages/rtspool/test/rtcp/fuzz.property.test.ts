import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCompound, type RtcpPacket, serializeCompound } from '../../src/rtcp/index.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { bytesOf } from '../support/bytes-of.js'
import { hexCorpus } from '../support/corpus.js'
import { rtcpSamples } from './samples.js'

const corpus = hexCorpus('rtcp').filter(({ name }) => !name.startsWith('found-'))
/** The first line of each explains what is wrong with it. */
const broken = [
  'count-too-high.hex',
  'length-too-long.hex',
  'padding-too-long.hex',
  'sdes-without-end.hex',
  'version-1.hex',
]

const uint32 = fc.nat(0xffffffff)
const reports = fc.array(
  fc.record({
    ssrc: uint32,
    fractionLost: fc.nat(255),
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    extendedHighestSequenceNumber: uint32,
    interarrivalJitter: uint32,
    lsr: uint32,
    dlsr: uint32,
  }),
  { maxLength: 31 },
)
const shortText = fc.string({ unit: 'grapheme', maxLength: 30 })
const chunk = fc.record({
  ssrc: uint32,
  items: fc.array(fc.record({ itemType: fc.integer({ min: 1, max: 255 }), value: shortText }), {
    maxLength: 8,
  }),
})
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('senderReport' as const),
    ssrc: uint32,
    ntpTime: fc.record({ seconds: uint32, fraction: uint32 }),
    rtpTime: uint32,
    packetCount: uint32,
    octetCount: uint32,
    reports,
  }),
  fc.record({ type: fc.constant('receiverReport' as const), ssrc: uint32, reports }),
  fc.record({
    type: fc.constant('sourceDescription' as const),
    chunks: fc.array(chunk, { maxLength: 31 }),
  }),
  fc.record({ type: fc.constant('bye' as const), ssrcs: fc.array(uint32, { maxLength: 31 }) }),
  fc.record({
    type: fc.constant('bye' as const),
    ssrcs: fc.array(uint32, { maxLength: 31 }),
    reason: shortText,
  }),
  fc.record({
    type: fc.constant('unknown' as const),
    packetType: fc.integer({ min: 204, max: 223 }),
    count: fc.nat(31),
    body: fc.array(uint32, { maxLength: 20 }).map((words) => {
      const body = Buffer.alloc(words.length * 4)
      words.forEach((word, index) => {
        body.writeUInt32BE(word, index * 4)
      })
      return body
    }),
  }),
)

it('packets with any values are serialised and parsed unchanged', { tags: 'A-RTC-3' }, () => {
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 5 }), (packets) => {
      expect(parseCompound(serializeCompound(packets))).toEqual(packets)
    }),
    { numRuns: 200 },
  )
})

describe('RTCP from real peers', { tags: 'A-RTC-6' }, () => {
  it.each(corpus)('$name is accepted or dropped as a whole', ({ name, bytes }) => {
    expect(bytes.length).toBeGreaterThan(0)
    expect(parseCompound(bytes).length === 0).toBe(broken.includes(name))
  })

  it('500,000 mutated packets never throw; accepted ones are bounded and serialise to the same meaning', () => {
    const seeds = [
      ...corpus.map(({ bytes }) => bytes),
      ...rtcpSamples.map(({ wire }) => bytesOf(wire)),
    ]
    const random = new SeededRandom(3550)
    let [taken, written] = [0, 0]
    for (let run = 0; run < 500_000; run++) {
      const bytes = mutate(seeds, random)
      const packets = parseCompound(bytes)
      const strict = parseCompound(bytes, { policy: 'strict' })
      if (strict.length !== 0 && strict.length !== packets.length)
        expect.fail(bytes.toString('hex'))
      if (packets.length === 0) continue
      taken++
      if (packets.length > bytes.length / 4) expect.fail(bytes.toString('hex'))
      if (run % 10 > 0) continue
      written++
      expect(parseCompound(serializeCompound(packets))).toEqual(packets)
    }
    expect([taken > 20_000, written > 2_000]).toEqual([true, true])
  })
})
