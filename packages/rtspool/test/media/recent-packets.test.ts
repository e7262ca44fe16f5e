import { describe, expect, it } from 'vitest'
import { RecentPackets, resolveGopCache } from '../../src/media/recent-packets.js'
import { sequenceNumberOf } from '../../src/rtp/index.js'
import { rtpPacket } from '../support/test-server.js'

const limits = { maxBytes: 10_000, maxSeconds: 10 }
const packet = (sequenceNumber: number, timestamp: number, size = 0) =>
  rtpPacket({ sequenceNumber, timestamp, payload: Buffer.alloc(size) })
const sequenceNumbers = (recent: RecentPackets) => recent.packets.map(sequenceNumberOf)

describe('RecentPackets', () => {
  it('is empty until a key frame begins, and then has it whole', () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 100))
    recent.push(packet(2, 100))
    expect(sequenceNumbers(recent)).toEqual([])
    // An access unit delimiter comes in front of what shows that this is a key frame.
    recent.push(packet(3, 200))
    recent.push(packet(4, 200))
    recent.beginAt(200)
    recent.push(packet(5, 200))
    recent.push(packet(6, 300))
    expect(sequenceNumbers(recent)).toEqual([3, 4, 5, 6])
    recent.push(packet(7, 400))
    recent.beginAt(400)
    expect(sequenceNumbers(recent)).toEqual([7])
  })

  it('keeps sound from the instant of the key frame on, across a wrap of the timestamp', () => {
    const recent = new RecentPackets(limits, 48_000)
    recent.beginNotBefore(0)
    for (let n = 0; n < 6; n++) recent.push(packet(n, (2 ** 32 - 3_000 + n * 1_000) >>> 0))
    recent.beginNotBefore((2 ** 32 - 500) >>> 0)
    expect(sequenceNumbers(recent)).toEqual([3, 4, 5])
  })

  it('gives up over its bytes until the next key frame', () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 1))
    recent.beginAt(1)
    for (let n = 2; n < 12; n++) recent.push(packet(n, n, 1_000))
    expect(sequenceNumbers(recent)).toEqual([])
    recent.push(packet(20, 20, 1_000))
    recent.beginAt(20)
    expect(sequenceNumbers(recent)).toEqual([20])
  })

  it('gives up over its seconds until the next key frame', () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 0))
    recent.beginAt(0)
    recent.push(packet(2, 900_000))
    expect(sequenceNumbers(recent)).toEqual([1, 2])
    recent.push(packet(3, 900_001))
    expect(sequenceNumbers(recent)).toEqual([])
  })

  it('gives up over its packets, however small they are', () => {
    const recent = new RecentPackets({ maxBytes: 8 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    const tiny = packet(1, 1)
    recent.push(tiny)
    recent.beginAt(1)
    for (let count = 1; count < 16_384; count++) recent.push(tiny)
    expect(recent.packets.length).toBe(16_384)
    recent.push(tiny)
    expect(recent.packets.length).toBe(0)
  })

  it('a larger limit of bytes has room for more packets', () => {
    const recent = new RecentPackets({ maxBytes: 16 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    const tiny = packet(1, 1)
    recent.push(tiny)
    recent.beginAt(1)
    for (let count = 1; count < 32_768; count++) recent.push(tiny)
    expect(recent.packets.length).toBe(32_768)
  })

  it('does not keep the reads alive that tiny packets came in', () => {
    const recent = new RecentPackets({ maxBytes: 8 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    for (let n = 0; n < 1000; n++) {
      const read = Buffer.alloc(64 * 1024)
      const length = packet(n, 1).copy(read)
      const kept = recent.push(read.subarray(0, length))
      if (n === 0) recent.beginAt(1)
      expect(kept).toBe(recent.packets.at(-1))
    }
    expect(sequenceNumbers(recent)).toEqual(Array.from({ length: 1000 }, (_, n) => n))
    const backings = new Set(recent.packets.map(({ buffer }) => buffer))
    const heldBytes = [...backings].reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(heldBytes).toBeLessThan(400_000)
    expect(recent.heldBytes).toBeGreaterThanOrEqual(heldBytes)
  })

  it('limits are numbers from 0', () => {
    expect(resolveGopCache(false)).toBeUndefined()
    expect(() => resolveGopCache({ maxBytes: -1, maxSeconds: 1 })).toThrow(/maxBytes/)
    expect(() => resolveGopCache({ maxBytes: 1, maxSeconds: Number.NaN })).toThrow(RangeError)
  })
})
