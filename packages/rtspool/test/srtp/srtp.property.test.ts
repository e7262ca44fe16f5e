import { describe, expect, it } from 'vitest'
import { masterKeyFrom, SrtpReceiver, SrtpSender, srtpSuites } from '../../src/srtp/index.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { rtpPacket } from '../support/test-server.js'
import { gcm } from './vectors.js'

const streamPackets = 20_000
/** Number of places by which a packet may be late. */
const maxDelay = 60

describe.each(Object.values(srtpSuites))('$name', (suite) => {
  const master = masterKeyFrom(suite, Buffer.alloc(suite.keyBytes + suite.saltBytes, 3))

  it(`${streamPackets} packets across the wrap, reordered, repeated, lost: each at most once, none wrong`, {
    tags: 'A-SRT-6',
  }, () => {
    const random = new SeededRandom(suite.name.length * 7919)
    const sender = new SrtpSender(master)
    const receiver = new SrtpReceiver(master)
    const start = 60_000
    const sent = Array.from({ length: streamPackets }, (_, count) => {
      const packet = rtpPacket({
        sequenceNumber: (start + count) & 0xffff,
        timestamp: count,
        payload: Buffer.alloc(random.below(40), count),
      })
      return {
        packet,
        sealed: sender.protect(packet) as Buffer,
        at: count + random.below(maxDelay),
      }
    })
    expect(sender.rolloverCounter).toBe(1)
    const arrivals = sent.sort((a, b) => a.at - b.at)
    for (const { packet, sealed } of arrivals) {
      if (random.below(10) === 0) continue
      expect(receiver.open(sealed)?.equals(packet)).toBe(true)
      if (random.below(10) === 0) expect(receiver.open(sealed)).toBeUndefined()
    }
  })

  it('4,000 mutated packets: only unchanged ones are accepted, none throws', {
    tags: 'B-SRTP',
  }, () => {
    const random = new SeededRandom(suite.name.length * 104_729)
    const sender = new SrtpSender(master)
    const seeds = [1, 2, 3].map((sequenceNumber) =>
      sender.protect(rtpPacket({ sequenceNumber, payload: Buffer.alloc(30, 1) })),
    ) as Buffer[]
    const rtcpSeeds = [0, 1].map(() => sender.protectRtcp(gcm.plainRtcp)) as Buffer[]
    for (let run = 0; run < 4000; run++) {
      const receiver = new SrtpReceiver(master)
      const wire = mutate(seeds, random)
      const isSeed = seeds.some((seed) => seed.equals(wire))
      expect(receiver.open(wire) !== undefined).toBe(isSeed)
      const rtcpWire = mutate(rtcpSeeds, random)
      const isRtcpSeed = rtcpSeeds.some((seed) => seed.equals(rtcpWire))
      expect(receiver.openRtcp(rtcpWire) !== undefined).toBe(isRtcpSeed)
    }
  })
})
