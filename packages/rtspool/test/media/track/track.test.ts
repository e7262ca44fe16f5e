import { afterEach, describe, expect, it } from 'vitest'
import { SourceReturn } from '../../../src/media/timeline/source-return.js'
import { slabsInUse } from '../../../src/media/track/packet-memory.js'
import { Track } from '../../../src/media/track/track.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { srtpSuites } from '../../../src/srtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { duringRead } from '../../../src/transport/system/read-memory.js'
import { rtpPacket } from '../../support/test-server.js'

const opened: Track[] = []

afterEach(() => {
  for (const track of opened.splice(0)) track.close()
})

function createTrack(): Track {
  const description = createMediaDescription({
    kind: 'video',
    payloadType: 96,
    encoding: 'H264',
    clockRate: 90_000,
  })
  const gopCache = { maxBytes: 1_000_000, maxSeconds: 10 }
  const clock = new ManualClock()
  const track = new Track({ index: 0, description, clock, cname: 'test', gopCache })
  opened.push(track)
  return track
}

/** A packet at the beginning of a read of 64 KiB. */
function readWith(packet: Buffer): Buffer {
  const read = Buffer.alloc(64 * 1024)
  return read.subarray(0, packet.copy(read))
}

const keyFrame = Buffer.from([0x65, 1])
const slice = Buffer.from([0x41, 1])

describe('Track', () => {
  it('what is copied to be kept is the packet that was refused an index, or was not', {
    tags: 'B-SRTP',
  }, () => {
    const track = createTrack()
    const srtp = track.srtp(srtpSuites.AES_CM_128_HMAC_SHA1_80)
    track.push(readWith(rtpPacket({ sequenceNumber: 0, payload: keyFrame })))
    for (let sequenceNumber = 1; sequenceNumber < 20; sequenceNumber++) {
      track.push(readWith(rtpPacket({ sequenceNumber, payload: slice })))
    }
    const repeatable = track.recentPackets(undefined, srtp)
    expect(repeatable.length).toBe(20)
    // The same index for another text: the key stream of both would be known.
    track.push(readWith(rtpPacket({ sequenceNumber: 19, payload: Buffer.from([0x41, 2]) })))
    expect(track.recentPackets().length).toBe(21)
    expect(track.recentPackets(undefined, srtp)).toEqual(repeatable)
  })

  it('gives the memory of all kept packets back when it is closed, also while its source is away', () => {
    const track = createTrack()
    const sps = rtpPacket({ sequenceNumber: 100, payload: Buffer.from([0x67, 1]) })
    const before = slabsInUse()
    const used = () => slabsInUse() - before
    const push = (packet: Buffer) => duringRead((bytes) => track.push(bytes), packet)
    push(rtpPacket({ sequenceNumber: 0, payload: keyFrame }))
    expect(used()).toBe(1)
    track.beginGap()
    expect(used()).toBe(0)
    track.endGap(new SourceReturn(undefined, 0))
    // Kept until the key frame arrives that it belongs to.
    push(sps)
    expect(used()).toBe(1)
    track.close()
    expect(used()).toBe(0)
  })
})
