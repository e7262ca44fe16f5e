import { describe, expect, it } from 'vitest'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { RecentPackets } from '../../../src/media/track/gop-cache.js'
import { resolveGopCache } from '../../../src/media/track/gop-cache-options.js'
import { sequenceNumberOf, timestampOf } from '../../../src/rtp/index.js'
import { rtpPacket } from '../../support/test-server.js'

const limits = { maxBytes: 10_000, maxSeconds: 10 }
const packet = (sequenceNumber: number, timestamp: number, size = 0) =>
  rtpPacket({ sequenceNumber, timestamp, payload: Buffer.alloc(size) })
const { lead, firstLead, entry, gradual, frameStart } = packetRoles
const first = lead | firstLead
/** Data of a picture with which nobody can begin. */
const slice = 0
/** As packets are whose key frames are not known. */
const sound = frameStart | firstLead | entry
const sequenceNumbers = (recent: RecentPackets) => recent.packets.map(sequenceNumberOf)

describe('RecentPackets', () => {
  it('is empty until a key frame begins, and then has it whole', () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 100), slice)
    recent.push(packet(2, 100), slice)
    expect(sequenceNumbers(recent)).toEqual([])
    // An access unit delimiter comes in front of what shows that this is a key frame.
    recent.push(packet(3, 200), first)
    recent.push(packet(4, 200), lead)
    recent.push(packet(5, 200), entry)
    recent.push(packet(6, 300), slice)
    expect(sequenceNumbers(recent)).toEqual([3, 4, 5, 6])
    recent.push(packet(7, 400), entry | firstLead)
    expect(sequenceNumbers(recent)).toEqual([7])
  })

  it('counts its seconds from the picture with which a decoder begins', () => {
    const recent = new RecentPackets(limits, 90_000)
    const begin = 100_000_000
    const [half, tooLong] = [450_000, 900_001]
    recent.push(packet(1, 0), first)
    recent.push(packet(2, begin), entry)
    recent.push(packet(3, begin + half), slice)
    expect(sequenceNumbers(recent)).toEqual([1, 2, 3])
    // Intra refresh: the picture before the last recovery point is the oldest.
    recent.push(packet(4, begin + half), firstLead | entry | gradual)
    recent.push(packet(5, begin + half * 2), firstLead | entry | gradual)
    recent.push(packet(6, begin + tooLong), slice)
    expect(sequenceNumbers(recent)).toEqual([4, 5, 6])
    recent.push(packet(7, begin + half + tooLong), slice)
    expect(sequenceNumbers(recent)).toEqual([5, 6, 7])
    recent.push(packet(8, begin + half * 2 + tooLong), slice)
    expect(sequenceNumbers(recent)).toEqual([])
  })

  it('begins with its leads, whatever timestamp they have, and knows the time of the picture', {
    tags: 'M-C',
  }, () => {
    const recent = new RecentPackets(limits, 90_000)
    for (const timestamp of [0, 90_000, 4_000_000_000]) {
      recent.push(packet(1, timestamp), first)
      recent.push(packet(2, timestamp), lead)
      recent.push(packet(3, 93_600), entry)
      for (let n = 4; n < 10; n++) recent.push(packet(n, 90_000 + 3_600 * n), slice)
      expect(sequenceNumbers(recent)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(recent.entryPacket && timestampOf(recent.entryPacket)).toBe(93_600)
    }
  })

  it('has the parameter sets for a viewer that joins right before the first key frame', {
    tags: 'M-C',
  }, () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 0), slice)
    recent.push(packet(2, 0), first)
    recent.push(packet(3, 0), lead)
    expect(sequenceNumbers(recent)).toEqual([2, 3])
    recent.push(packet(4, 3_600), slice)
    expect(sequenceNumbers(recent)).toEqual([])
  })

  it('does not begin with a key frame whose parameter sets were dropped', { tags: 'M-C' }, () => {
    const recent = new RecentPackets({ maxBytes: 100, maxSeconds: 10 }, 90_000)
    recent.push(packet(1, 1), entry | firstLead)
    recent.push(packet(2, 2, 60), slice)
    recent.push(packet(3, 3, 60), first)
    recent.push(packet(4, 3), entry)
    recent.push(packet(5, 4), slice)
    expect(sequenceNumbers(recent)).toEqual([])
    recent.push(packet(6, 5), first)
    recent.push(packet(7, 5), entry)
    expect(sequenceNumbers(recent)).toEqual([6, 7])
  })

  it('keeps two rounds of an intra refresh, so that the picture is whole at the end', {
    tags: 'M-B',
  }, () => {
    const recent = new RecentPackets(limits, 90_000)
    const starts: (number | undefined)[] = []
    // A key frame, then every fourth packet a recovery point.
    recent.push(packet(0, 0), entry | firstLead)
    for (let n = 1; n < 20; n++) {
      recent.push(packet(n, n), n % 4 === 0 ? firstLead | lead | entry | gradual : slice)
      starts.push(sequenceNumbers(recent)[0])
    }
    expect(starts).toEqual([...Array(7).fill(0), 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12])
  })

  it('over its limits begins at the last recovery point, and else gives up', {
    tags: 'M-B',
  }, () => {
    const recent = new RecentPackets({ maxBytes: 500, maxSeconds: 10 }, 90_000)
    recent.push(packet(0, 0), entry | firstLead)
    recent.push(packet(1, 1, 300), slice)
    recent.push(packet(2, 2), firstLead | lead | entry | gradual)
    recent.push(packet(3, 3, 300), slice)
    expect(sequenceNumbers(recent)).toEqual([2, 3])
    recent.push(packet(4, 4, 300), slice)
    expect(sequenceNumbers(recent)).toEqual([])
    recent.push(packet(5, 5), firstLead | lead | entry | gradual)
    expect(sequenceNumbers(recent)).toEqual([5])
  })

  it('keeps sound from the instant of the key frame on, across a wrap of the timestamp', () => {
    const recent = new RecentPackets(limits, 48_000, false)
    recent.beginNotBefore(0)
    for (let n = 0; n < 6; n++) {
      recent.push(packet(n, (2 ** 32 - 3_000 + n * 1_000) >>> 0), sound)
    }
    recent.beginNotBefore((2 ** 32 - 500) >>> 0)
    expect(sequenceNumbers(recent)).toEqual([3, 4, 5])
  })

  it('gives up over its bytes until the next key frame', () => {
    const recent = new RecentPackets(limits, 90_000)
    recent.push(packet(1, 1), entry | firstLead)
    for (let n = 2; n < 12; n++) recent.push(packet(n, n, 1_000), slice)
    expect(sequenceNumbers(recent)).toEqual([])
    expect(recent.heldBytes).toBe(0)
    recent.push(packet(20, 20, 1_000), entry | firstLead)
    expect(sequenceNumbers(recent)).toEqual([20])
  })

  it.each([
    ['of pictures', true, entry | firstLead, slice],
    ['of sound', false, sound, sound],
  ])('gives up over its seconds until the next key frame: %s', (_, hasEntries, begin, next) => {
    const recent = new RecentPackets(limits, 90_000, hasEntries)
    if (!hasEntries) recent.beginNotBefore(0)
    recent.push(packet(1, 0), begin)
    recent.push(packet(2, 900_000), next)
    expect(sequenceNumbers(recent)).toEqual([1, 2])
    recent.push(packet(3, 900_001), next)
    expect(sequenceNumbers(recent)).toEqual([])
  })

  it('gives up over its packets, however small they are', () => {
    const recent = new RecentPackets({ maxBytes: 8 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    const tiny = packet(1, 1)
    recent.push(tiny, entry | firstLead)
    for (let count = 1; count < 16_384; count++) recent.push(tiny, slice)
    expect(recent.packets.length).toBe(16_384)
    recent.push(tiny, slice)
    expect(recent.packets.length).toBe(0)
  })

  it('a larger limit of bytes has room for more packets', () => {
    const recent = new RecentPackets({ maxBytes: 16 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    const tiny = packet(1, 1)
    recent.push(tiny, entry | firstLead)
    for (let count = 1; count < 32_768; count++) recent.push(tiny, slice)
    expect(recent.packets.length).toBe(32_768)
  })

  it('does not hold the reads that tiny packets arrived in', () => {
    const recent = new RecentPackets({ maxBytes: 8 * 1024 * 1024, maxSeconds: 10 }, 90_000)
    for (let n = 0; n < 1000; n++) {
      const read = Buffer.alloc(64 * 1024)
      const length = packet(n, 1).copy(read)
      const kept = recent.push(read.subarray(0, length), n === 0 ? entry | firstLead : slice)
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
