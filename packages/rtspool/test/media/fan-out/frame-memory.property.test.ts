import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/index.js'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { fuzzRuns, fuzzSeed } from '../../support/fuzz-runs.js'

const channel = 6
const numberBytes = 4

/** Content of a packet: its number, then bytes that follow from the number. */
function packetOf(number: number, sizeBytes: number): Buffer {
  const packet = Buffer.alloc(numberBytes + sizeBytes, `${number}.`)
  packet.writeUInt32BE(number)
  return packet
}

/** What the kernel accepts of one send: everything, nothing, an error, or a share of the bytes. */
type Acceptance = 'all' | 'none' | 'error' | number

/** A connection whose kernel and peer a test steers. Its stream keeps references to what it is given, as Node's does. */
class Connection {
  readonly wire: Buffer[] = []
  readonly writer: StreamWriter
  readonly reader: InterleavedReader
  isDestroyed = false
  next: Acceptance = 'all'
  readonly #held: { readonly chunk: Buffer; readonly done: (error?: Error) => void }[] = []
  readonly #stream: Writable

  constructor(descriptor: number, world: World, options: { isHasty: boolean; isDirect: boolean }) {
    const stream = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) => void this.#held.push({ chunk, done }),
    })
    stream.on('error', () => {})
    this.#stream = stream
    Object.assign(stream, { _handle: { fd: descriptor } })
    const Writer = options.isHasty ? HastyWriter : StreamWriter
    const sends = options.isDirect ? world.sends : undefined
    this.writer = new Writer(stream as Socket, sends, { maxBytes: 1e9, maxAgeMs: 2000 })
    if (this.writer instanceof HastyWriter) this.writer.sends = world.sends
    this.reader = {
      kind: 'interleaved',
      carrier: this.writer,
      channels: [channel, channel + 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    }
  }

  /** Sends bytes, as `send(2)` does: the kernel copies those that it accepts. */
  send(bytes: Buffer): number {
    const { next } = this
    this.next = 'all'
    if (next === 'none') return 0
    if (next === 'error') return -1
    const sent = next === 'all' ? bytes.length : Math.floor(bytes.length * next)
    this.wire.push(Buffer.from(bytes.subarray(0, sent)))
    return sent
  }

  /** Lets the kernel accept what waits in Node's stream, write by write. */
  async drain(writes = Number.POSITIVE_INFINITY): Promise<void> {
    for (let count = 0; count < writes && this.#held.length > 0; count++) {
      const { chunk, done } = this.#held.shift() as { chunk: Buffer; done: () => void }
      this.wire.push(Buffer.from(chunk))
      done()
      await null
      await null
    }
  }

  get isWaiting(): boolean {
    return this.#held.length > 0
  }

  destroy(error?: Error): void {
    this.isDestroyed = true
    this.#stream.destroy(error)
    this.writer.release()
  }
}

/** Writes frames in the memory that the next batch overwrites: the fault that the tests look for. */
class HastyWriter extends StreamWriter {
  sends: DirectSends | undefined

  override writeFrames(bytes: Buffer): void {
    const memory = this.sends?.scratch(bytes.length) ?? bytes
    bytes.copy(memory)
    super.writeFrames(memory)
  }
}

class World {
  readonly connections: Connection[] = []
  readonly sends: DirectSends
  readonly group = new InterleavedGroup(channel, new ManualClock())
  readonly #isHasty: boolean
  #sending: Buffer = Buffer.alloc(0)
  #number = 0
  /** Packets of each connection that it must have been sent. */
  readonly expected = new Map<Connection, Buffer[]>()

  constructor(isHasty: boolean) {
    const native = nativeSockets()
    if (!native) throw new Error('expected koffi on Linux')
    this.#isHasty = isHasty
    this.sends = new DirectSends({
      ...native,
      unacknowledgedBytes: () => 0,
      addressOf: (buffer) => {
        this.#sending = buffer
        return 0n
      },
      send: (descriptor) => this.connections[descriptor]?.send(this.#sending) ?? -1,
    })
  }

  join(isDirect: boolean): void {
    const options = { isHasty: this.#isHasty, isDirect }
    const connection = new Connection(this.connections.length, this, options)
    this.connections.push(connection)
    this.expected.set(connection, [])
    this.group.add(connection.reader, [])
  }

  leave(connection: Connection, how: 'remove' | 'destroy' | 'error'): void {
    this.group.remove(connection.reader)
    if (how === 'remove') return
    connection.destroy(how === 'error' ? new Error('reset') : undefined)
  }

  push(sizes: readonly number[]): void {
    const batch = new PacketBatch()
    for (const sizeBytes of sizes) {
      batch.push(packetOf(this.#number++, sizeBytes), packetRoles.frameStart)
    }
    this.group.forEachReader((reader) => {
      const connection = this.connections.find((one) => one.reader === reader)
      if (connection) this.expected.get(connection)?.push(...batch.packets)
    })
    this.group.send(batch)
  }

  /** Connections whose peers received anything but the packets that were sent to them, whole and in order. */
  async faults(): Promise<string[]> {
    const faults: string[] = []
    for (const [index, connection] of this.connections.entries()) {
      if (!connection.isDestroyed) await connection.drain()
      const received = Buffer.concat(connection.wire)
      const wanted = Buffer.concat(
        (this.expected.get(connection) ?? []).flatMap((packet) => {
          const header = Buffer.from([0x24, channel, packet.length >>> 8, packet.length & 0xff])
          return [header, packet]
        }),
      )
      // A destroyed connection may have received less.
      const isRight = connection.isDestroyed
        ? wanted.subarray(0, received.length).equals(received)
        : wanted.equals(received)
      if (!isRight) faults.push(`connection ${index}: ${received.length} of ${wanted.length} bytes`)
    }
    return faults
  }
}

const acceptance = fc.oneof(
  fc.constantFrom<Acceptance>('all', 'none', 'error'),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
)
const at = fc.nat(7)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ push: fc.array(fc.nat(1400), { minLength: 1, maxLength: 6 }) }),
  },
  // Larger than the memory that is kept.
  {
    weight: 1,
    arbitrary: fc.record({ push: fc.array(fc.constant(60_000), { minLength: 4, maxLength: 6 }) }),
  },
  { weight: 5, arbitrary: fc.record({ accepts: acceptance, at }) },
  { weight: 3, arbitrary: fc.record({ drain: fc.integer({ min: 1, max: 4 }), at }) },
  { weight: 1, arbitrary: fc.record({ join: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      leave: fc.constantFrom<'remove' | 'destroy' | 'error'>('remove', 'destroy', 'error'),
      at,
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function run(steps: readonly Step[], isHasty: boolean): Promise<string[]> {
  const world = new World(isHasty)
  for (let count = 0; count < 4; count++) world.join(count !== 3)
  const left = new Set<Connection>()
  for (const one of steps) {
    const connection =
      'at' in one ? world.connections[one.at % world.connections.length] : undefined
    if ('push' in one) world.push(one.push)
    else if ('join' in one) world.join(one.join)
    else if (!connection) continue
    else if ('accepts' in one) connection.next = one.accepts
    else if ('drain' in one) await connection.drain(one.drain)
    else if (!left.has(connection)) {
      left.add(connection)
      world.leave(connection, one.leave)
    }
  }
  return world.faults()
}

describe('the memory in which a group frames batches', () => {
  it('is never overwritten before each connection has sent its bytes, or is destroyed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        expect(await run(steps, false)).toEqual([])
      }),
      { numRuns: fuzzRuns(200), seed: fuzzSeed },
    )
  })

  it('would be, if connections kept frames in it', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      expect(await run(steps, true)).toEqual([])
    })
    const { failed } = await fc.check(property, {
      numRuns: 200,
      seed: fuzzSeed,
      endOnFailure: true,
    })
    expect(failed).toBe(true)
  })
})
