import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import { FanOut } from '../../../src/media/fan-out/fan-out.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { frameInterleaved } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/index.js'
import type { NativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { fuzzRuns } from '../../support/fuzz-runs.js'
import { bareWebSocket, MessageReader } from '../../support/web-socket-messages.js'

const channel = 6
const limits = { maxBytes: 1e9, maxAgeMs: 2000 }

/** A connection whose kernel and peer a test steers. `wire` are the bytes in the order of the kernel. */
class Connection {
  readonly wire: Buffer[] = []
  readonly writer: StreamWriter
  readonly reader: InterleavedReader
  /** Share of the next send that the kernel accepts. */
  accepts = 1
  isReading = true
  readonly #held: { readonly chunk: Buffer; readonly done: () => void }[] = []

  constructor(descriptor: number, sends: DirectSends, isWebSocket: boolean) {
    const stream = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) => void this.#held.push({ chunk, done }),
    })
    const socket = Object.assign(stream, { _handle: { fd: descriptor } }) as unknown as Socket
    this.writer = new StreamWriter(
      isWebSocket ? bareWebSocket(stream) : socket,
      sends,
      limits,
      socket,
    )
    this.reader = {
      kind: 'interleaved',
      carrier: this.writer,
      channels: [channel, channel + 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    }
  }

  /** Sends bytes, as `send(2)` does: the kernel copies those that it accepts. */
  send(bytes: Buffer): number {
    const sent = Math.floor(bytes.length * this.accepts)
    this.accepts = 1
    if (sent > 0) this.wire.push(Buffer.from(bytes.subarray(0, sent)))
    return sent
  }

  /** Lets the kernel accept all that waits in Node's stream. */
  async drain(): Promise<void> {
    for (let next = this.#held.shift(); next; next = this.#held.shift()) {
      this.wire.push(Buffer.from(next.chunk))
      next.done()
      await null
      await null
    }
  }
}

type Step =
  | { readonly kind: 'join' | 'leave' | 'stall' | 'read' | 'drain' | 'answer'; readonly at: number }
  | { readonly kind: 'accept'; readonly at: number; readonly share: number }
  | {
      readonly kind: 'batch'
      readonly sizes: readonly number[]
      readonly entryAt: number
      /** Index of the first packet that belongs to the entry point of the next batch. */
      readonly leadsFrom: number
    }

const index = fc.nat({ max: 5 })
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      sizes: fc.array(
        fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(121, 122, 40_000, 65_531, 65_535)),
        { minLength: 1, maxLength: 4 },
      ),
      entryAt: fc.constantFrom(-1, -1, 0, 0, 1, 2),
      leadsFrom: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'join' as const,
        'leave' as const,
        'stall' as const,
        'read' as const,
        'drain' as const,
        'answer' as const,
      ),
      at: index,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      at: index,
      share: fc.constantFrom(0, 0.01, 0.5, 0.99),
    }),
  },
)

/** Steps in which a viewer that was slow needs packets of an earlier batch. */
const withLeads: Step[] = [
  { kind: 'stall', at: 0 },
  { kind: 'batch', sizes: [10], entryAt: -1, leadsFrom: 5 },
  { kind: 'read', at: 0 },
  { kind: 'batch', sizes: [20], entryAt: -1, leadsFrom: 0 },
  { kind: 'batch', sizes: [30], entryAt: 0, leadsFrom: 5 },
]

/** Runs steps with viewers over WebSocket or plain TCP. Returns the bytes of each viewer, and its counters. */
async function run(steps: readonly Step[], isWebSocket: boolean, isNative = true) {
  const clock = new ManualClock()
  const connections: Connection[] = []
  let sending: Buffer = Buffer.alloc(0)
  const native: Partial<NativeSockets> = {
    addressOf: (bytes) => {
      sending = bytes
      return 0n
    },
    send: (descriptor) => (isNative ? (connections[descriptor]?.send(sending) ?? -1) : -1),
    unacknowledgedBytes: (descriptor) => (connections[descriptor]?.isReading === false ? 1e9 : 0),
  }
  const sends = new DirectSends(native as NativeSockets)
  const fanOut = new FanOut(clock, new DeliveryTroubles('/cam', 0))
  const joined = new Set<Connection>()
  let number = 0
  const sample = (connection: Connection): void => {
    connection.writer.sample(clock.now())
    clock.advance(3000)
    connection.writer.sample(clock.now())
  }
  const batch = ({ sizes, entryAt, leadsFrom }: Extract<Step, { kind: 'batch' }>): void => {
    for (const [at, size] of sizes.entries()) {
      let role: number = packetRoles.frameStart
      if (at === entryAt) role |= packetRoles.entry
      else if (at >= leadsFrom && leadsFrom > entryAt) role |= packetRoles.lead
      if (at === leadsFrom) role |= packetRoles.firstLead
      fanOut.push(Buffer.alloc(size, `${++number}.`), role, at === sizes.length - 1)
    }
    fanOut.flush()
  }
  for (const step of steps) {
    if (step.kind === 'batch') {
      batch(step)
      continue
    }
    if (step.kind === 'join') {
      const connection = new Connection(connections.length, sends, isWebSocket)
      connections.push(connection)
      joined.add(connection)
      const first =
        step.at < 3 ? [] : Array.from({ length: step.at }, (_, n) => Buffer.alloc(n * 50, 'first'))
      fanOut.add(connection.reader, first)
      continue
    }
    const connection = [...joined][step.at % Math.max(1, joined.size)]
    if (!connection) continue
    if (step.kind === 'accept') connection.accepts = step.share
    if (step.kind === 'answer')
      connection.writer.writeMessage(Buffer.from('RTSP/1.0 200 OK\r\n\r\n'), () => {})
    if (step.kind === 'drain') await connection.drain()
    if (step.kind === 'stall' || step.kind === 'read') {
      connection.isReading = step.kind === 'read'
      if (connection.isReading) await connection.drain()
      sample(connection)
    }
    if (step.kind === 'leave') {
      joined.delete(connection)
      fanOut.remove(connection.reader)
    }
  }
  for (const { reader } of joined) fanOut.settle(reader)
  for (const connection of connections) await connection.drain()
  return connections.map(({ wire, reader: { counters } }) => ({
    wire: Buffer.concat(wire),
    counters,
  }))
}

describe('a group of viewers over WebSocket', () => {
  it('sends in messages what plain viewers are sent', async () => {
    let skipped = 0
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 60 }), async (steps) => {
        const begun: Step[] = [{ kind: 'join', at: 0 }, { kind: 'join', at: 4 }, ...steps]
        const plain = await run(begun, false)
        for (const isNative of [true, false]) {
          const others = await run(begun, true, isNative)
          expect(others.length).toBe(plain.length)
          for (const [at, { wire, counters }] of others.entries()) {
            const reader = new MessageReader()
            expect(reader.read(wire).equals(plain[at]?.wire ?? wire)).toBe(true)
            expect(reader.isBetweenMessages).toBe(true)
            expect(counters).toEqual(plain[at]?.counters)
            skipped += counters.packetsDropped
          }
        }
      }),
      { numRuns: fuzzRuns(200), examples: [[withLeads]] },
    )
    expect(skipped).toBeGreaterThan(100)
  })

  it('has one copy of a batch, which native calls send to all', async () => {
    const wires = new Set<ArrayBufferLike>()
    let calls = 0
    let sending: Buffer = Buffer.alloc(0)
    const sends = new DirectSends({
      addressOf: (bytes: Buffer) => {
        sending = bytes
        wires.add(bytes.buffer)
        return 0n
      },
      send: () => {
        calls++
        return sending.length
      },
    } as Partial<NativeSockets> as NativeSockets)
    const fanOut = new FanOut(new ManualClock(), new DeliveryTroubles('/cam', 0))
    for (let descriptor = 0; descriptor < 20; descriptor++)
      fanOut.add(new Connection(descriptor, sends, true).reader)
    const packet = Buffer.from('media')
    fanOut.push(packet, packetRoles.frameStart, true)
    fanOut.flush()
    expect([wires.size, calls]).toEqual([1, 20])
    const frames = frameInterleaved(channel, [packet])
    expect(sending).toEqual(Buffer.concat([Buffer.of(0x82, frames.length), frames]))
  })
})
