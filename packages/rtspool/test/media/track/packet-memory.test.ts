import { describe, expect, it } from 'vitest'
import { PacketMemory } from '../../../src/media/track/packet-memory.js'

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
