import { afterEach, describe, expect, it } from 'vitest'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import { FanOut } from '../../../src/media/fan-out/fan-out.js'
import type { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import type { DatagramReader, Reader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { duringRead, isShared, sharedMemory } from '../../../src/transport/system/read-memory.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import { beginRead, endRead } from '../../../src/transport/tcp/end-of-read.js'
import type { DatagramSender } from '../../../src/transport/udp/udp-endpoint.js'
import { nextTurn } from '../../support/until.js'

const opened: FanOut[] = []

afterEach(() => {
  for (const fanOut of opened.splice(0)) fanOut.close()
})

function createFanOut(clock = new ManualClock()): FanOut {
  const fanOut = new FanOut(clock, new DeliveryTroubles('/cam', 0))
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

  it('sends a frame at the end of the read that has all of it', async () => {
    const clock = new ManualClock()
    const fanOut = createFanOut(clock)
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    beginRead()
    fanOut.push(Buffer.alloc(20), 0, false)
    fanOut.push(Buffer.alloc(30), 0, true)
    expect(writes).toEqual([])
    endRead()
    expect(writes).toEqual([58])
    expect(clock.pendingTimers).toBe(0)
    await nextTurn()
    expect(writes).toEqual([58])
  })

  it('sends a frame that several reads of one turn bring at the end of the last', async () => {
    const clock = new ManualClock()
    const fanOut = createFanOut(clock)
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    const read = (endsFrame: boolean): void => {
      beginRead()
      fanOut.push(Buffer.alloc(10), 0, endsFrame)
      endRead()
    }
    read(false)
    read(false)
    expect(writes).toEqual([])
    read(true)
    expect(writes).toEqual([42])
    await nextTurn(2)
    expect([writes, clock.pendingTimers]).toEqual([[42], 0])
    read(false)
    await nextTurn()
    read(true)
    // The next frame waits as long as the first.
    read(false)
    await nextTurn()
    expect([writes, clock.pendingTimers]).toEqual([[42, 28], 0])
    await nextTurn()
    expect([writes, clock.pendingTimers]).toEqual([[42, 28], 1])
    read(true)
    expect([writes, clock.pendingTimers]).toEqual([[42, 28, 28], 0])
  })

  it('sends an unfinished frame 4 ms after the read behind the one that has its first packet', async () => {
    const clock = new ManualClock()
    const fanOut = createFanOut(clock)
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    beginRead()
    fanOut.push(Buffer.alloc(10), 0, false)
    endRead()
    await nextTurn()
    await nextTurn()
    expect(clock.pendingTimers).toBe(1)
    clock.advance(3)
    expect(writes).toEqual([])
    clock.advance(1)
    expect(writes).toEqual([14])
  })

  it('needs no timer for a frame whose rest comes with the next read', async () => {
    const clock = new ManualClock()
    const fanOut = createFanOut(clock)
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    for (const endsFrame of [false, true]) {
      beginRead()
      fanOut.push(Buffer.alloc(10), 0, endsFrame)
      endRead()
      await nextTurn()
      expect(clock.pendingTimers).toBe(0)
    }
    await nextTurn()
    expect(writes).toEqual([28])
    expect(clock.pendingTimers).toBe(0)
  })

  it('sends packets once that a flush in the same read has overtaken', async () => {
    const fanOut = createFanOut()
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    beginRead()
    fanOut.push(Buffer.alloc(10), 0, true)
    fanOut.flush()
    fanOut.push(Buffer.alloc(20), 0, true)
    endRead()
    await nextTurn()
    expect(writes).toEqual([14, 24])
  })

  it('sends packets that no read has brought at the end of the turn', async () => {
    const fanOut = createFanOut()
    const writes: number[] = []
    fanOut.add(interleavedReader(writes))
    fanOut.push(Buffer.alloc(10), 0, true)
    fanOut.push(Buffer.alloc(10), 0, true)
    expect(writes).toEqual([])
    await nextTurn()
    expect(writes).toEqual([28])
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

/** Adds a reader inside the process. @returns Whether each packet that it is given lies in shared memory */
function takenFrom(fanOut: FanOut, owns: boolean): boolean[] {
  const areShared: boolean[] = []
  const take = (batch: PacketBatch) => {
    if (owns) batch.own()
    areShared.push(...batch.packets.map(isShared))
  }
  fanOut.add({ kind: 'sink', sink: { begin: () => {}, take }, counters: counters() })
  return areShared
}

describe('packets in memory that the next read overwrites', () => {
  const shared = () => sharedMemory().subarray(0, 100)
  const read = (push: () => void) =>
    duringRead(() => {
      beginRead()
      push()
      endRead()
    }, sharedMemory())

  it.each([
    ['are copied for a reader inside the process that keeps them', true],
    ['reach a reader inside the process where they are, if it needs them at once', false],
  ])('%s', (_title, owns) => {
    const fanOut = createFanOut()
    const areShared = takenFrom(fanOut, owns)
    read(() => {
      fanOut.push(shared(), 0, true)
      fanOut.push(shared(), 0, true)
    })
    expect(areShared).toEqual([!owns, !owns])
  })

  it('are copied as parameter sets in front of a key frame', () => {
    const fanOut = createFanOut()
    const leads: (readonly Buffer[])[] = []
    fanOut.add({
      kind: 'sink',
      sink: { begin: () => {}, take: ({ earlierLeads }) => void leads.push(earlierLeads) },
      counters: counters(),
    })
    const { lead, firstLead, entry } = packetRoles
    read(() => fanOut.push(shared(), lead | firstLead, true))
    read(() => fanOut.push(shared(), entry, true))
    expect(leads.map((packets) => packets.map(isShared))).toEqual([[], [false]])
  })
})
