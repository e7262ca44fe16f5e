import { afterEach, describe, expect, it } from 'vitest'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import { FanOut } from '../../../src/media/fan-out/fan-out.js'
import type { DatagramReader, Reader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import type { DatagramSender } from '../../../src/transport/udp/udp-endpoint.js'

const opened: FanOut[] = []

afterEach(() => {
  for (const fanOut of opened.splice(0)) fanOut.close()
})

function createFanOut(): FanOut {
  const fanOut = new FanOut(new ManualClock(), new DeliveryTroubles('/cam', 0))
  opened.push(fanOut)
  return fanOut
}

const counters = () => ({ packetsOut: 0, bytesOut: 0, packetsDropped: 0 })

/** @param writes - Is told the size of each write. */
const interleavedReader = (writes: number[]): Reader => ({
  kind: 'interleaved',
  carrier: {
    channels: new ChannelTable(),
    isCongested: false,
    grant: () => {},
    writeFrames: (frames) => void writes.push(frames.length),
  },
  channels: [0, 1],
  counters: counters(),
})

/** @param sent - Is told how many packets each send had. */
function datagramReader(sent: number[]): DatagramReader {
  const rtp: DatagramSender = {
    maxDatagramBytes: 1472,
    countOversized: () => {},
    send: () => {},
    sendAll: (packets) => void sent.push(packets.length),
    createGroup: () => ({
      size: 1,
      add: () => {},
      remove: () => {},
      send: (packets) => void sent.push(packets.length),
    }),
  }
  const ports = { address: '127.0.0.1', port: 1, rtcpPort: 2 }
  return { kind: 'datagram', rtp, rtcp: rtp, ...ports, counters: counters() }
}

describe('FanOut', () => {
  it('passes a flood without markers on in pieces of 1024 packets, in the same turn', {
    tags: 'B-CRASH',
  }, () => {
    const fanOut = createFanOut()
    const writes: number[] = []
    const sent: number[] = []
    fanOut.add(interleavedReader(writes))
    fanOut.add(datagramReader(sent))
    const packet = Buffer.alloc(13)
    for (let count = 0; count < 200_000; count++) fanOut.push(packet, 0, false)
    expect(sent).toEqual(Array<number>(195).fill(1024))
    expect(writes).toEqual(Array<number>(195).fill(1024 * 17))
    fanOut.flush()
    expect([sent.at(-1), writes.at(-1)]).toEqual([320, 320 * 17])
  })

  it('passes more than 1 MiB on at once', { tags: 'B-CRASH' }, () => {
    const fanOut = createFanOut()
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    for (let count = 0; count < 20; count++) fanOut.push(Buffer.alloc(65_535), 0, false)
    expect(writes).toEqual([17 * 65_539])
  })

  it('keeps all of it for a UDP viewer on its way to the live edge', { tags: 'B-CRASH' }, () => {
    const fanOut = createFanOut()
    const sent: number[] = []
    const reader = datagramReader(sent)
    fanOut.add(reader, Array<Buffer>(100).fill(Buffer.alloc(13)))
    expect(sent).toEqual([32])
    const packet = Buffer.alloc(13)
    for (let count = 0; count < 150_000; count++) fanOut.push(packet, 0, false)
    expect(fanOut.waitingPackets(reader).length).toBe(150_068)
  })
})
