import { describe, expect, it } from 'vitest'
import type { ReceivedPacket, RtspClientTrack } from '../../../src/client/index.js'
import { UnitReader } from '../../../src/client/streams/unit-reader.js'
import { collectGarbage } from '../../support/collect-garbage.js'
import { rtpPacket } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'

const readBytes = 64 * 1024
const track = {
  ...{ encoding: 'H264', kind: 'video', parameters: undefined },
  unixTimeMsAt: () => undefined,
} as unknown as RtspClientTrack

const slice = Buffer.concat([Buffer.from([0x65, 0x80]), Buffer.alloc(20, 7)])

/** Packets of one picture, each of which is a small part of a read of its own, which `reads` lists. */
async function* picture(
  count: number,
  reads: WeakRef<ArrayBufferLike>[],
  measure: () => Promise<void>,
): AsyncGenerator<ReceivedPacket, undefined> {
  for (let sequenceNumber = 1; sequenceNumber <= count; sequenceNumber++) {
    const marker = sequenceNumber === count
    if (marker) await measure()
    const bytes = rtpPacket({ sequenceNumber, timestamp: 3000, marker, payload: slice })
    const read = Buffer.alloc(readBytes)
    bytes.copy(read)
    reads.push(new WeakRef(read.buffer))
    const packet = read.subarray(0, bytes.length)
    yield { track, packet, arrivedAt: 0, missedPackets: 0, replay: undefined }
  }
  return undefined
}

describe('a reader of access units', () => {
  it('does not hold the reads that the packets of a picture are small parts of', async () => {
    const reads: WeakRef<ArrayBufferLike>[] = []
    let held = 0
    const measure = async (): Promise<void> => {
      // A weak reference keeps its target until the turn of the event loop ends.
      await nextTurn()
      collectGarbage()
      held = reads.filter((read) => read.deref() !== undefined).length
    }
    const units = new UnitReader(picture(1000, reads, measure))
    const { value } = await units.next()
    expect(value?.parts).toEqual(Array.from({ length: 1000 }, () => slice))
    expect(held).toBeLessThan(40)
    expect(held).toBeGreaterThan(0)
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

  it('copies nothing after pictures that were dropped, either', async () => {
    const inOwnRead = (sequenceNumber: number, payload: Buffer): ReceivedPacket => {
      const more = { timestamp: sequenceNumber * 3000, marker: true, payload }
      const bytes = rtpPacket({ sequenceNumber, ...more })
      const read = Buffer.alloc(readBytes)
      bytes.copy(read)
      const packet = read.subarray(0, bytes.length)
      return { track, packet, arrivedAt: 0, missedPackets: 0, replay: undefined }
    }
    // The last fragment of a slice whose first one is missing.
    const broken = Array.from({ length: 100 }, (_, at) =>
      inOwnRead(at, Buffer.from('7c4501', 'hex')),
    )
    const whole = inOwnRead(100, slice)
    async function* packets(): AsyncGenerator<ReceivedPacket, undefined> {
      yield* [...broken, whole]
      return undefined
    }
    const { value } = await new UnitReader(packets()).next()
    expect(value?.parts[0]?.buffer).toBe(whole.packet.buffer)
  })

  it('tells the time of each frame of audio in a packet of a recording', async () => {
    const parameters = 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190'
    const audio = {
      ...{ encoding: 'mpeg4-generic', kind: 'audio', parameters, clockRate: 48_000 },
      unixTimeMsAt: () => 5,
    } as unknown as RtspClientTrack
    // Three AU headers of 16 bits, each with a size of 20 bytes.
    const headers = Buffer.from('0030 00a0 00a0 00a0'.replaceAll(' ', ''), 'hex')
    const frames = [1, 2, 3].map((byte) => Buffer.alloc(20, byte))
    const payload = Buffer.concat([headers, ...frames])
    const packet = rtpPacket({
      sequenceNumber: 1,
      timestamp: 2 ** 32 - 1024,
      marker: true,
      payload,
    })
    async function* packets(): AsyncGenerator<ReceivedPacket, undefined> {
      const replay = { unixMs: 1_000_000 } as ReceivedPacket['replay']
      yield { track: audio, packet, arrivedAt: 0, missedPackets: 0, replay }
      return undefined
    }
    const times: unknown[] = []
    for await (const { unixTimeMs } of new UnitReader(packets())) times.push(unixTimeMs)
    const frameMs = (1024 * 1000) / 48_000
    expect(times).toEqual([0, 1, 2].map((at) => expect.closeTo(1_000_000 + at * frameMs, 3)))
  })
})
