import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { frameInterleaved } from '../../../src/rtsp/index.js'
import { fuzzRuns } from '../../support/fuzz-runs.js'
import { type HeldReader, HeldThreads } from '../../support/held-threads.js'

/** An event: a viewer joins with cached packets, or leaves, a batch is sent, the kernel accepts less, or threads run. */
type Event =
  | { readonly kind: 'join'; readonly packets: number; readonly sizeBytes: number }
  | { readonly kind: 'leave' | 'fill' | 'shut'; readonly viewer: number }
  | { readonly kind: 'cut'; readonly viewer: number; readonly accepts: number }
  | { readonly kind: 'batch'; readonly sizeBytes: number }
  | { readonly kind: 'run' }

const viewer = fc.nat(7)
const events = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('join' as const),
        packets: fc.nat(40),
        sizeBytes: fc.integer({ min: 1, max: 2000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('leave' as const, 'fill' as const, 'shut' as const),
        viewer,
      }),
    },
    fc.record({ kind: fc.constant('cut' as const), viewer, accepts: fc.nat(3000) }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('batch' as const),
        sizeBytes: fc.integer({ min: 1, max: 300 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
  ),
  { maxLength: 40 },
)

interface Viewer {
  readonly reader: HeldReader
  readonly descriptor: number
  /** Bytes in the order in which loop and thread have sent them. */
  readonly wire: string[]
  expected: string
}

/** Runs a history. @returns Each viewer, and the packets that threads were given. */
function run(history: readonly Event[], handOverFrom: number) {
  const held = new HeldThreads({ handOverFrom, entriesBytes: 1024 * 1024 })
  const group = new InterleavedGroup(0, held.clock)
  const all: Viewer[] = []
  const present: Viewer[] = []
  let number = 0
  const packetOf = (sizeBytes: number): Buffer => {
    const packet = Buffer.alloc(sizeBytes + 4)
    packet.writeUInt32BE(++number)
    return packet
  }
  const framed = (packets: readonly Buffer[]): string =>
    frameInterleaved(0, packets).toString('latin1')
  const join = (packets: readonly Buffer[]): void => {
    const descriptor = 10 + all.length
    const wire: string[] = []
    held.sent.set(descriptor, { loop: wire, thread: wire })
    const one = { reader: held.reader(descriptor), descriptor, wire, expected: framed(packets) }
    all.push(one)
    present.push(one)
    group.add(one.reader, packets)
  }
  for (const event of history) {
    const chosen = 'viewer' in event ? present[event.viewer] : undefined
    if (event.kind === 'join')
      join(Array.from({ length: event.packets }, () => packetOf(event.sizeBytes)))
    else if (event.kind === 'batch') {
      const batch = new PacketBatch()
      batch.push(packetOf(event.sizeBytes), packetRoles.frameStart)
      for (const one of present) one.expected += framed(batch.packets)
      group.send(batch)
    } else if (event.kind === 'run') {
      held.run()
      held.full.clear()
    } else if (!chosen) continue
    else if (event.kind === 'fill') held.full.add(chosen.descriptor)
    else if (event.kind === 'cut') held.accepts.set(chosen.descriptor, event.accepts)
    else if (event.kind === 'shut') held.sends.shut(chosen.reader.carrier.direct?.slot ?? -1)
    else {
      group.remove(chosen.reader)
      present.splice(present.indexOf(chosen), 1)
    }
  }
  for (let count = 0; count < 3; count++) held.run()
  const given = held.threads.threads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
  return { all, given }
}

it('viewers get the same bytes in the same order with and without threads, from the first cached packet on', () => {
  let withFirst = 0
  fc.assert(
    fc.property(events, fc.constantFrom(1, 2, 4, 1000), (history, handOverFrom) => {
      const { all, given } = run(history, handOverFrom)
      for (const { wire, expected } of all) expect(wire.join('') === expected).toBe(true)
      if (handOverFrom < 1000 && given > 0) withFirst++
    }),
    { numRuns: fuzzRuns(300) },
  )
  expect(withFirst).toBeGreaterThan(50)
})
