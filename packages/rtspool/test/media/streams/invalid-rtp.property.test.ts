import { expect, it } from 'vitest'
import { RecordStream } from '../../../src/media/streams/record-stream.js'
import { Track } from '../../../src/media/track/track.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import { mutate, SeededRandom } from '../../rtsp/mutate.js'
import { recordLink } from '../../support/record-link.js'
import { receiverReportOf } from '../../support/rtcp.js'
import { rtpPacket } from '../../support/test-server.js'

/** The rules of RFC 3550 A.1, written once more, and plainly. */
function addsUp(packet: Buffer): boolean {
  if (packet.length < 12) return false
  const [first, second] = [packet.readUInt8(0), packet.readUInt8(1)]
  if (Math.floor(first / 64) !== 2) return false
  if (second >= 200 && second <= 204) return false
  if (second >= 72 && second <= 76) return false
  let header = 12 + 4 * (first % 16)
  if (first % 32 >= 16) {
    if (packet.length < header + 4) return false
    header += 4 + 4 * packet.readUInt16BE(header + 2)
  }
  if (packet.length < header) return false
  if (first % 64 < 32) return true
  const padding = packet.readUInt8(packet.length - 1)
  return padding > 0 && header + padding <= packet.length
}

/** Packets of all shapes: CSRC list, extension, padding, and RTCP on the wrong way. */
function seedPackets(): Buffer[] {
  const plain = rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(20, 7) })
  const withCsrc = Buffer.concat([plain.subarray(0, 12), Buffer.alloc(8), plain.subarray(12)])
  withCsrc[0] = 0x82
  const extension = Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0])
  const extended = Buffer.concat([plain.subarray(0, 12), extension, plain.subarray(12)])
  extended[0] = 0x90
  const padded = Buffer.concat([plain, Buffer.from([0, 0, 0, 4])])
  padded[0] = 0xa0
  return [plain, withCsrc, extended, padded, receiverReportOf({})]
}

it.each(['H264', 'H265', 'X-foo'])(
  'of a third of a million mutated packets of %s the invalid ones go nowhere, and none throws',
  { tags: ['B-SSRC', 'A-RTC-6'] },
  (encoding) => {
    const clock = new ManualClock()
    const description = createMediaDescription({
      kind: 'video',
      payloadType: 96,
      encoding,
      clockRate: 90_000,
    })
    const gopCache = { maxBytes: 1_000_000, maxSeconds: 10 }
    const track = new Track({ index: 0, description, clock, cname: 'test', gopCache })
    let [delivered, expected, expectedBytes, deliveredBytes] = [0, 0, 0, 0]
    track.addReader({
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        isCongested: false,
        grant: () => {},
        writeFrames: (frames) => {
          for (let at = 0; at < frames.length; delivered++) {
            const size = frames.readUInt16BE(at + 2)
            const packet = frames.subarray(at + 4, at + 4 + size)
            if (!addsUp(packet)) expect.fail(packet.toString('hex'))
            deliveredBytes += size
            at += 4 + size
          }
        },
      },
      channels: [0, 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    })
    const stream = new RecordStream({
      clock,
      counters: { packetsIn: 0, bytesIn: 0, packetsLost: 0 },
      link: recordLink(),
      onPacket: () => {},
      onMediaEnded: () => {},
      onClosed: () => {},
    })
    stream.record(track)
    const seeds = seedPackets()
    const random = new SeededRandom(1889)
    for (let run = 0; run < 334_000; run++) {
      const packet = mutate(seeds, random)
      stream.receiveRtp(packet)
      if (addsUp(packet)) {
        expected++
        expectedBytes += packet.length
      }
      if (run % 1000 > 0) continue
      stream.sendRtcp()
    }
    track.close()
    expect([delivered, deliveredBytes]).toEqual([expected, expectedBytes])
    expect(track.invalidPackets).toBe(334_000 - expected)
    expect(Math.min(expected, track.invalidPackets)).toBeGreaterThan(30_000)
    stream.close()
  },
)
