import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DatagramReaders } from '../../../src/media/fan-out/datagram-readers.js'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import type { DatagramReader } from '../../../src/media/fan-out/reader.js'
import { BatchedDatagramGroup } from '../../../src/transport/udp/batched-datagram-group.js'
import type { DatagramDestination } from '../../../src/transport/udp/datagram-group.js'
import { ThreadedDatagramGroup } from '../../../src/transport/udp/threaded-datagram-group.js'
import type { DatagramSender } from '../../../src/transport/udp/udp-endpoint.js'
import { FakeKernel } from '../../support/fake-kernel.js'
import { fuzzRuns } from '../../support/fuzz-runs.js'
import { HeldThreads } from '../../support/held-threads.js'

/** An event: a viewer joins with cached packets, or leaves, a batch is sent, time passes, or threads run. */
type Event =
  | { readonly kind: 'join'; readonly packets: number }
  | { readonly kind: 'leave'; readonly viewer: number }
  | { readonly kind: 'batch' | 'wait' | 'run' }

const events = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('join' as const), packets: fc.nat(120) }),
    },
    fc.record({ kind: fc.constant('leave' as const), viewer: fc.nat(5) }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('batch' as const, 'wait' as const, 'run' as const),
      }),
    },
  ),
  { maxLength: 40 },
)

/** Runs a history. @returns What each port was sent, and the packets that threads were given. */
function run(history: readonly Event[], isThreaded: boolean) {
  const kernel = new FakeKernel()
  const loss = { sendErrors: 0, fragmentedPackets: 0 }
  const options = { isSegmenting: false, loss }
  const held = new HeldThreads({
    ...{ handOverFrom: 1, entriesBytes: 256 * 1024, native: kernel.native },
  })
  const local = () => new BatchedDatagramGroup(kernel.native, () => 5, options)
  const sendAlone = (packets: readonly Buffer[], destination: DatagramDestination): void => {
    const single = local()
    single.add(destination)
    single.send(packets)
  }
  const sender: DatagramSender = {
    maxDatagramBytes: 1472,
    countOversized: () => {},
    send: () => {},
    sendAll: sendAlone,
    createGroup: () =>
      isThreaded
        ? new ThreadedDatagramGroup({
            ...{ threads: held.threads, local: local(), descriptor: () => 5, sendAlone },
            ...options,
          })
        : local(),
  }
  const readers = new DatagramReaders(held.clock, new DeliveryTroubles('/cam', 0))
  const present: DatagramReader[] = []
  const all: DatagramReader[] = []
  let number = 0
  const packetOf = (sizeBytes: number): Buffer => {
    const packet = Buffer.alloc(sizeBytes)
    packet.writeUInt32BE(++number)
    return packet
  }
  for (const event of history) {
    if (event.kind === 'join') {
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      const place = { address: '10.0.0.1', port: 1000 + all.length, rtcpPort: 1 }
      const reader: DatagramReader = {
        kind: 'datagram',
        rtp: sender,
        rtcp: sender,
        ...place,
        counters,
      }
      all.push(reader)
      present.push(reader)
      readers.add(
        reader,
        Array.from({ length: event.packets }, () => packetOf(1000)),
      )
    } else if (event.kind === 'leave') {
      const [reader] = present.splice(event.viewer, 1)
      if (reader) readers.remove(reader)
    } else if (event.kind === 'wait') held.clock.advance(4)
    else if (event.kind === 'run') held.run()
    else {
      const batch = new PacketBatch()
      batch.push(packetOf(100), 0)
      readers.send(batch)
    }
  }
  // Portions that had to wait for the thread follow.
  for (let count = 0; count < 20; count++) {
    held.run()
    held.clock.advance(4)
  }
  held.run()
  const byPort = all.map(({ port }) =>
    kernel.sent.filter((one) => one.port === port).map(({ payload }) => payload.readUInt32BE()),
  )
  const left = all.map((reader) => !present.includes(reader))
  const counted = all.map(({ counters }) => counters)
  // Once all have left, threads know no destination any more.
  for (const reader of present) readers.remove(reader)
  const kept = held.threads.threads.reduce((sum, { destinations }) => sum + destinations, 0)
  expect(kept).toBe(0)
  readers.close()
  const given = held.threads.threads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
  return { byPort, left, counted, given }
}

it('viewers get the same datagrams in the same order with and without threads, from the first cached one on', () => {
  let total = 0
  fc.assert(
    fc.property(events, (history) => {
      const plain = run(history, false)
      const { byPort, left, counted, given } = run(history, true)
      total += given
      byPort.forEach((numbers, index) => {
        const all = plain.byPort[index] ?? []
        // A thread may have been too busy for a viewer that has left.
        expect(numbers).toEqual(left[index] ? all.slice(0, numbers.length) : all)
        expect(counted[index]).toMatchObject({ packetsOut: numbers.length, packetsDropped: 0 })
      })
      expect(given).toBe(byPort.reduce((sum, { length }) => sum + length, 0))
    }),
    { numRuns: fuzzRuns(100) },
  )
  expect(total).toBeGreaterThan(5_000)
})
