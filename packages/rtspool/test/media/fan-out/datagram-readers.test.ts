import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DatagramReaders } from '../../../src/media/fan-out/datagram-readers.js'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import type { DatagramReader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { duringRead, isShared, sharedMemory } from '../../../src/transport/system/read-memory.js'
import { BatchedDatagramGroup } from '../../../src/transport/udp/batched-datagram-group.js'
import type {
  DatagramDestination,
  DatagramGroup,
  DatagramObserver,
} from '../../../src/transport/udp/datagram-group.js'
import type { DatagramSender } from '../../../src/transport/udp/udp-endpoint.js'
import { FakeKernel } from '../../support/fake-kernel.js'

/** A socket that writes down the sizes that each port is sent. */
class Sender implements DatagramSender {
  readonly maxDatagramBytes: number
  readonly sizes = new Map<number, number[]>()
  oversized = 0

  constructor(maxDatagramBytes: number) {
    this.maxDatagramBytes = maxDatagramBytes
  }

  countOversized(packets: number): void {
    this.oversized += packets
  }

  send(packet: Buffer, port: number): void {
    this.sizes.set(port, [...(this.sizes.get(port) ?? []), packet.length])
  }

  sendAll(
    packets: readonly Buffer[],
    { port }: DatagramDestination,
    _observer?: DatagramObserver,
  ): void {
    for (const packet of packets) this.send(packet, port)
  }

  createGroup(): DatagramGroup {
    const members = new Set<DatagramDestination>()
    return {
      get size() {
        return members.size
      },
      add: (member: DatagramDestination) => void members.add(member),
      remove: (member: DatagramDestination) => void members.delete(member),
      send: (packets: readonly Buffer[]) => {
        for (const member of members) this.sendAll(packets, member)
      },
    }
  }
}

function readerAt(rtp: DatagramSender, port: number): DatagramReader {
  const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
  return { kind: 'datagram', rtp, rtcp: rtp, address: '127.0.0.1', port, rtcpPort: 1, counters }
}

function batchOf(...sizes: readonly number[]): PacketBatch {
  const batch = new PacketBatch()
  for (const size of sizes) batch.push(Buffer.alloc(size), 0)
  return batch
}

const readersWith = (clock = new ManualClock(), overheadBytes = 0) =>
  new DatagramReaders(clock, new DeliveryTroubles('/cam', 0), { overheadBytes })

it('readers of sockets with different limits get the packets that fit each', {
  tags: 'A-RTP-3',
}, () => {
  const readers = readersWith()
  const narrow = new Sender(1000)
  const wide = new Sender(5000)
  const a = readerAt(narrow, 1)
  const b = readerAt(wide, 2)
  const c = readerAt(wide, 3)
  for (const reader of [a, b, c]) readers.add(reader, [])
  readers.send(batchOf(900, 2000, 6000, 1000))
  readers.send(batchOf(1))
  expect(narrow.sizes.get(1)).toEqual([900, 1000, 1])
  expect(wide.sizes.get(2)).toEqual([900, 2000, 1000, 1])
  expect(a.counters).toEqual({ packetsOut: 3, bytesOut: 1901, packetsDropped: 2 })
  expect(b.counters).toEqual({ packetsOut: 4, bytesOut: 3901, packetsDropped: 1 })
  expect(c.counters).toEqual(b.counters)
  expect([narrow.oversized, wide.oversized]).toEqual([2, 2])
})

it('a catching-up reader is not sent packets that are too large', { tags: 'A-RTP-3' }, () => {
  const clock = new ManualClock()
  const readers = readersWith(clock)
  const sender = new Sender(1000)
  const reader = readerAt(sender, 1)
  readers.add(reader, batchOf(...Array<number>(40).fill(10), 2000, 20).packets)
  readers.send(batchOf(30, 2000, 40))
  expect(readers.waitingPackets(reader).map(({ length }) => length)).not.toContain(2000)
  clock.advance(100)
  expect(sender.sizes.get(1)).toEqual([...Array<number>(40).fill(10), 20, 30, 40])
  expect(reader.counters).toEqual({ packetsOut: 43, bytesOut: 490, packetsDropped: 2 })
  readers.close()
})

it('goes live at once if none of the first packets fits', { tags: 'A-RTP-3' }, () => {
  const readers = readersWith()
  const sender = new Sender(1000)
  const reader = readerAt(sender, 1)
  readers.add(reader, batchOf(2000).packets)
  readers.send(batchOf(5))
  expect(sender.sizes.get(1)).toEqual([5])
  expect(reader.counters.packetsDropped).toBe(1)
})

it('bytes added by SRTP do not count', { tags: 'A-RTP-3' }, () => {
  const readers = readersWith(new ManualClock(), 16)
  const sender = new Sender(1000)
  readers.add(readerAt(sender, 1), [])
  readers.send(batchOf(1016, 1017))
  expect(sender.sizes.get(1)).toEqual([1016])
})

it('sends batches of any size to catching-up readers, oversized or not', {
  tags: 'B-CRASH',
}, () => {
  const clock = new ManualClock()
  const readers = readersWith(clock)
  const sender = new Sender(1000)
  const reader = readerAt(sender, 1)
  readers.add(reader, batchOf(...Array<number>(40).fill(10)).packets)
  const flood = new PacketBatch()
  const packet = Buffer.alloc(5)
  for (let count = 0; count < 300_000; count++) flood.push(packet, 0)
  readers.send(flood)
  flood.push(Buffer.alloc(2000), 0)
  readers.send(flood)
  expect(readers.waitingPackets(reader).length).toBe(8 + 600_000)
  readers.close()
})

it('readers of a follower track begin one portion later, and miss nothing', () => {
  const clock = new ManualClock()
  const readers = new DatagramReaders(clock, new DeliveryTroubles('/cam', 1), { isFollower: true })
  const sender = new Sender(1472)
  const [begins, joins] = [readerAt(sender, 1), readerAt(sender, 2)]
  readers.add(begins, [Buffer.alloc(10), Buffer.alloc(11)])
  readers.add(joins, [])
  readers.send(batchOf(12))
  expect([sender.sizes.get(1), sender.sizes.get(2)]).toEqual([undefined, [12]])
  clock.advance(4)
  readers.send(batchOf(13))
  expect(sender.sizes.get(1)).toEqual([10, 11, 12, 13])
  expect(begins.counters).toEqual({ packetsOut: 4, bytesOut: 46, packetsDropped: 0 })
  readers.add(readerAt(sender, 3), [Buffer.alloc(10)])
  readers.close()
  expect(clock.pendingTimers).toBe(0)
})

it('keeps copies of packets in shared memory for a reader that is catching up', () => {
  const readers = readersWith()
  const sender = new Sender(1000)
  const reader = readerAt(sender, 1)
  readers.add(reader, batchOf(...Array<number>(40).fill(10)).packets)
  duringRead(
    (bytes) => {
      const batch = new PacketBatch()
      batch.push(bytes, 0)
      readers.send(batch)
    },
    sharedMemory().subarray(0, 20),
  )
  const waiting = readers.waitingPackets(reader)
  expect(waiting.at(-1)?.length).toBe(20)
  expect(waiting.some(isShared)).toBe(false)
  readers.close()
})

it('leaves the cached packets out for a reader whose send thread is busy for seconds', () => {
  const clock = new ManualClock()
  const readers = readersWith(clock)
  const sender = new Sender(1472)
  let isBusy = true
  const createGroup = sender.createGroup.bind(sender)
  const sendFirst: DatagramGroup['sendFirst'] = (reader, take) => {
    if (!isBusy) sender.sendAll(take(), reader)
  }
  sender.createGroup = () => Object.assign(createGroup(), { sendFirst })
  const [patient, stuck] = [readerAt(sender, 1), readerAt(sender, 2)]
  readers.add(patient, batchOf(10, 11).packets)
  readers.send(batchOf(...Array<number>(60).fill(12)))
  clock.advance(1900)
  isBusy = false
  clock.advance(4)
  expect(sender.sizes.get(1)).toHaveLength(32)
  clock.advance(4)
  isBusy = true
  readers.add(stuck, batchOf(20, 21).packets)
  readers.send(batchOf(30))
  clock.advance(1900)
  expect(readers.waitingPackets(stuck)).toHaveLength(3)
  clock.advance(200)
  expect(readers.waitingPackets(stuck)).toEqual([])
  readers.send(batchOf(40))
  expect([sender.sizes.get(1), sender.sizes.get(2)]).toEqual([
    [10, 11, ...Array<number>(60).fill(12), 30, 40],
    [40],
  ])
  expect(stuck.counters).toEqual({ packetsOut: 1, bytesOut: 40, packetsDropped: 3 })
  expect(patient.counters.packetsDropped).toBe(0)
  expect(clock.pendingTimers).toBe(0)
})

describe('a subscriber of diagnostics that removes all readers', () => {
  /** Readers of a track that a subscriber of the channel removes, and the number of those that are left. */
  function scene(channel: string) {
    const clock = new ManualClock()
    const readers = readersWith(clock)
    const known: DatagramReader[] = []
    const end = (): void => known.forEach((reader) => void readers.remove(reader))
    subscribe(channel, end)
    onTestFinished(() => void unsubscribe(channel, end))
    const add = (reader: DatagramReader, first: readonly Buffer[] = []): void => {
      known.push(reader)
      readers.add(reader, first)
    }
    const left = async () => {
      await null
      clock.advance(100)
      return { readers: readers.size, timers: clock.pendingTimers }
    }
    return { readers, add, left }
  }
  const none = { readers: 0, timers: 0 }

  it.each([
    { name: 'a first packet', sizes: [2000] },
    { name: 'a later packet', sizes: [10, 2000] },
  ])('may do so because $name is too large', async ({ sizes }) => {
    const { readers, add, left } = scene('rtspool:oversized-packet')
    const sender = new Sender(1000)
    add(readerAt(sender, 1), batchOf(...sizes).packets)
    expect(await left()).toEqual(none)
    readers.send(batchOf(20))
    expect(sender.sizes.get(1) ?? []).not.toContain(20)
  })

  it('may do so because the system refuses the first packets of a reader', async () => {
    const { add, left } = scene('rtspool:unsent-packet')
    const sender = new Sender(1472)
    sender.sendAll = (packets, destination, observer) => {
      for (const _packet of packets) observer?.unsent(destination, 'EPERM')
    }
    add(readerAt(sender, 1), batchOf(10).packets)
    expect(await left()).toEqual(none)
  })

  it('may do so because the queue of the system is full', async () => {
    const { readers, add, left } = scene('rtspool:unsent-packet')
    const kernel = new FakeKernel()
    kernel.room = 0
    const sender = new Sender(1472)
    const loss = { sendErrors: 0, fragmentedPackets: 0 }
    sender.createGroup = () =>
      new BatchedDatagramGroup(kernel.native, () => 3, { isSegmenting: true, loss })
    for (const port of [1, 2, 3]) add(readerAt(sender, port))
    readers.send(batchOf(20))
    expect(loss.sendErrors).toBe(3)
    expect(await left()).toEqual(none)
  })
})
