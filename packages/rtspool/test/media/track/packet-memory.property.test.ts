import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { RecentPackets } from '../../../src/media/track/gop-cache.js'
import { duringRead, sharedMemory } from '../../../src/transport/system/read-memory.js'
import { fuzzRuns, fuzzSeed } from '../../support/fuzz-runs.js'

const limits = { maxBytes: 1e9, maxSeconds: 1e6 }
const { entry, firstLead, frameStart } = packetRoles

/** Memory of a packet: its own, or that of the next read; `private` if nobody needs the copy. */
type Origin = 'own' | 'shared' | 'private'

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      push: fc.integer({ min: 12, max: 4000 }),
      isKey: fc.nat(15).map((n) => n === 0),
      from: fc.constantFrom<Origin>('own', 'shared', 'private', 'private'),
    }),
  },
  { weight: 2, arbitrary: fc.constant('take' as const) },
  { weight: 1, arbitrary: fc.constant('look' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
)
const steps = fc.array(fc.record({ cache: fc.nat(2), step }), {
  minLength: 60,
  maxLength: 200,
  size: 'max',
})

/** Returns a packet in a read with much else, as from a connection with TLS. */
const readOf = (sizeBytes: number): Buffer => Buffer.alloc(64 * 1024).subarray(0, sizeBytes)

/** Caches that take turns with the free memory, and what each of them must contain. */
class Caches {
  readonly caches = [0, 1, 2].map(() => new RecentPackets(limits, 90_000))
  readonly contents: Buffer[][] = [[], [], []]
  /** Packets that others were given, and what they contained. */
  readonly taken: { readonly packet: Buffer; readonly content: Buffer }[] = []
  /** List that each cache has handed out last, to which it may append packets. */
  readonly #lists: { list: readonly Buffer[]; seen: number }[] = []
  #number = 0

  push(index: number, sizeBytes: number, isKey: boolean, from: Origin): void {
    const number = this.#number++
    const packet = from === 'own' ? readOf(sizeBytes) : sharedMemory().subarray(0, sizeBytes)
    packet.fill(number & 0xff)
    packet.writeUInt32BE(number, 8)
    // One timestamp for all: no limit on time.
    packet.writeUInt32BE(0, 4)
    const content = this.contents[index] as Buffer[]
    if (isKey) content.length = 0
    if (isKey || content.length > 0) content.push(Buffer.from(packet))
    const role = isKey ? entry | firstLead | frameStart : frameStart
    const cache = this.caches[index]
    if (from === 'own') {
      // Readers are sent the cached packet.
      const kept = cache?.push(packet, role)
      if (kept) this.taken.push({ packet: kept, content: Buffer.from(packet) })
    } else duringRead(() => void cache?.push(packet, role, from === 'private'), packet)
    this.#takeAppended(index, packet)
    // As the next read does.
    sharedMemory().fill(0xee, 0, sizeBytes)
  }

  take(index: number): void {
    const list = this.caches[index]?.packets ?? []
    for (const packet of list) this.taken.push({ packet, content: Buffer.from(packet) })
    this.#lists[index] = { list, seen: list.length }
  }

  #takeAppended(index: number, content: Buffer): void {
    const handedOut = this.#lists[index]
    const packet = handedOut?.list[handedOut.seen]
    if (!handedOut || !packet) return
    handedOut.seen++
    this.taken.push({ packet, content: Buffer.from(content) })
  }

  /** Looks at the packet with which a decoder begins, as a track does at each key frame. */
  look(index: number): void {
    const [first] = this.contents[index] ?? []
    expect(this.caches[index]?.entryPacket).toEqual(first)
  }

  clear(index: number): void {
    this.caches[index]?.clear()
    this.contents[index] = []
  }

  check(): void {
    for (const { packet, content } of this.taken) expect(packet.equals(content)).toBe(true)
    for (const [index, content] of this.contents.entries()) {
      const packets = this.caches[index]?.packets ?? []
      expect(packets.length).toBe(content.length)
      for (const [at, packet] of packets.entries())
        expect(packet.equals(content[at] ?? Buffer.alloc(0))).toBe(true)
    }
  }
}

describe('the memory of cached packets', () => {
  it('is used again only for packets that nobody was given', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const caches = new Caches()
        for (const { cache, step } of history) {
          if (step === 'take') caches.take(cache)
          else if (step === 'look') caches.look(cache)
          else if (step === 'clear') caches.clear(cache)
          else caches.push(cache, step.push, step.isKey, step.from)
        }
        caches.check()
      }),
      { numRuns: fuzzRuns(60), seed: fuzzSeed },
    )
  })
})
