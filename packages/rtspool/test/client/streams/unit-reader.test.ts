import { describe, expect, it } from 'vitest'
import type { ReceivedPacket, RtspClientTrack } from '../../../src/client/index.js'
import { UnitReader } from '../../../src/client/streams/unit-reader.js'
import { collectGarbage } from '../../support/collect-garbage.js'
import { rtpPacket } from '../../support/test-server.js'

const readBytes = 64 * 1024
const mebibyte = 1024 * 1024
const track = {
  ...{ encoding: 'H264', kind: 'video', parameters: undefined },
  unixTimeMsAt: () => undefined,
} as unknown as RtspClientTrack

const slice = Buffer.concat([Buffer.from([0x65, 0x80]), Buffer.alloc(20, 7)])

/** Packets of one picture, each of which is a small part of a read of its own. */
async function* picture(
  count: number,
  measure: () => void,
): AsyncGenerator<ReceivedPacket, undefined> {
  for (let sequenceNumber = 1; sequenceNumber <= count; sequenceNumber++) {
    const marker = sequenceNumber === count
    const bytes = rtpPacket({ sequenceNumber, timestamp: 3000, marker, payload: slice })
    const read = Buffer.alloc(readBytes)
    bytes.copy(read)
    if (marker) measure()
    const packet = read.subarray(0, bytes.length)
    yield { track, packet, arrivedAt: 0, missedPackets: 0, replay: undefined }
  }
  return undefined
}

describe('a reader of access units', () => {
  it('does not hold the reads that the packets of a picture are small parts of', async () => {
    let held = 0
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    const measure = (): void => {
      collectGarbage()
      held = process.memoryUsage().arrayBuffers - before
    }
    const units = new UnitReader(picture(1000, measure))
    const { value } = await units.next()
    expect(value?.parts).toEqual(Array.from({ length: 1000 }, () => slice))
    expect(held).toBeLessThan(4 * mebibyte)
  })

  it('copies nothing while packets fill their reads', async () => {
    const read = Buffer.concat(
      [1, 2].map((sequenceNumber) =>
        rtpPacket({ sequenceNumber, marker: true, timestamp: sequenceNumber, payload: slice }),
      ),
    )
    const size = read.length / 2
    async function* packets(): AsyncGenerator<ReceivedPacket, undefined> {
      for (const start of [0, size]) {
        yield {
          track,
          packet: read.subarray(start, start + size),
          arrivedAt: 0,
          missedPackets: 0,
          replay: undefined,
        }
      }
      return undefined
    }
    const units = new UnitReader(packets())
    for (const _ of [0, 1]) expect((await units.next()).value?.parts[0]?.buffer).toBe(read.buffer)
  })
})
