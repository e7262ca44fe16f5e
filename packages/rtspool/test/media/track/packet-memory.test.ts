import { describe, expect, it } from 'vitest'
import { KeptPackets } from '../../../src/media/track/kept-packets.js'
import { PacketMemory, slabsInUse } from '../../../src/media/track/packet-memory.js'
import { duringRead, sharedMemory } from '../../../src/transport/system/read-memory.js'

const readBytes = 64 * 1024

/** What one read of a socket brought: packets of `packetBytes`, and the rest something else. */
function packetsOfRead(packetBytes: number, count: number): Buffer[] {
  const read = Buffer.alloc(readBytes)
  return Array.from({ length: count }, (_, index) =>
    read.subarray(index * packetBytes, (index + 1) * packetBytes),
  )
}

/** Memory that some buffers really keep alive. */
function heldBytesOf(packets: readonly Buffer[]): number {
  const backings = new Set(packets.map(({ buffer }) => buffer))
  return [...backings].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

describe('PacketMemory', () => {
  it('shares the memory of reads that the packets fill', () => {
    const memory = new PacketMemory()
    let keptBytes = 0
    for (let read = 0; read < 100; read++) {
      for (const packet of packetsOfRead(1400, 46)) {
        keptBytes += packet.length
        expect(memory.keep(packet, keptBytes)).toBe(packet)
      }
    }
    expect(memory.heldBytes).toBe(100 * readBytes)
  })

  it.each([
    ['tiny packets', 13],
    ['packets of full size', 1400],
    ['packets larger than a piece', 20_000],
  ])('%s with filler in between hold twice their bytes and 272 KiB at most', (_, size) => {
    const memory = new PacketMemory()
    const kept: Buffer[] = []
    for (let read = 0; read < 500; read++) {
      const [packet = Buffer.alloc(0)] = packetsOfRead(size, 1)
      packet.fill(read & 0xff)
      kept.push(memory.keep(packet, (read + 1) * size))
    }
    expect(kept.map((packet) => packet[size - 1])).toEqual(kept.map((_, read) => read & 0xff))
    expect(kept.every((packet) => packet.length === size)).toBe(true)
    expect(heldBytesOf(kept)).toBeLessThanOrEqual(2 * 500 * size + 272 * 1024)
    expect(memory.heldBytes).toBeGreaterThanOrEqual(heldBytesOf(kept))
    memory.clear()
  })

  it('counts the remaining memory after packets are dropped', () => {
    const memory = new PacketMemory()
    const kept = [...packetsOfRead(1400, 46), ...packetsOfRead(1400, 46)]
    let keptBytes = 0
    for (const packet of kept) {
      keptBytes += packet.length
      memory.keep(packet, keptBytes)
    }
    memory.release(kept, 0, 45)
    expect(memory.heldBytes).toBe(2 * readBytes)
    memory.release(kept, 45, 46)
    expect(memory.heldBytes).toBe(readBytes)
    // The next one of the same read costs nothing.
    expect(memory.keep(kept[91] ?? Buffer.alloc(0), 0)).toBe(kept[91])
    expect(memory.heldBytes).toBe(readBytes)
    memory.clear()
    expect(memory.heldBytes).toBe(0)
  })
})

/** Packets of which one fills a slab. */
const slabBytes = 16 * 1024

/** A cache with packets in some slabs, copied from memory that the next read overwrites. */
function cacheWith(slabs: number): { cache: KeptPackets; memories: ArrayBufferLike[] } {
  const cache = new KeptPackets()
  const packet = sharedMemory().subarray(0, slabBytes)
  for (let count = 0; count < slabs; count++)
    duringRead(() => void cache.pushPlace(packet), sharedMemory())
  const memories = Array.from({ length: slabs }, (_, index) => cache.at(index)?.buffer)
  return { cache, memories: memories.filter((memory) => memory !== undefined) }
}

describe('the slabs of many caches', () => {
  it('are used again, half as many as others use meanwhile, and 4 MiB of them without others', () => {
    // Caches of other test files in this process may hold some, too.
    const others = slabsInUse()
    const [first, second, third] = [cacheWith(1000), cacheWith(400), cacheWith(300)]
    const known = new Set([...second.memories, ...third.memories])
    expect(known.size).toBe(700)
    const reusedBy = ({ memories }: { memories: ArrayBufferLike[] }): number =>
      memories.filter((memory) => known.has(memory)).length
    second.cache.clear()
    third.cache.clear()
    const fourth = cacheWith(700)
    expect(reusedBy(fourth)).toBe(Math.floor((1000 + others) / 2))
    first.cache.clear()
    fourth.cache.clear()
    for (const memory of first.memories) known.add(memory)
    for (const memory of fourth.memories) known.add(memory)
    const last = cacheWith(700)
    expect(reusedBy(last)).toBe(256)
    last.cache.clear()
  })
})
