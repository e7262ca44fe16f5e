import { describe, expect, it } from 'vitest'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { Media } from '../../../src/media/media.js'
import { CacheBudget } from '../../../src/media/track/cache-budget.js'
import { RecentPackets } from '../../../src/media/track/gop-cache.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { rtpPacket } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

const gopCache = { maxBytes: 8 * 1024 * 1024, maxSeconds: 10 }
const { entry, firstLead, frameStart, gradual, lead } = packetRoles
const few = 1_000
const many = 16_000
const drops = 250
/** Sixteen times as much is kept: of the old cost, this is less than half. */
const maxRatio = 6

/** A packet that counts who looks at its memory. */
function countedPacket(timestamp: number, count: { reads: number }): Buffer {
  const bytes = Buffer.allocUnsafeSlow(13)
  rtpPacket({ sequenceNumber: timestamp & 0xffff, timestamp }).copy(bytes)
  const { buffer } = bytes
  return Object.defineProperty(bytes, 'buffer', {
    get: () => {
      count.reads++
      return buffer
    },
  })
}

/** Looks at the memory of packets while the oldest are dropped, one at a time. */
function readsOfDrops(kept: number, drop: (recent: RecentPackets, index: number) => void): number {
  const count = { reads: 0 }
  const share = new CacheBudget(Number.POSITIVE_INFINITY).openShare()
  const recent = new RecentPackets(gopCache, 48_000, false, share)
  recent.beginNotBefore(0)
  for (let index = 0; index < kept; index++) {
    recent.push(countedPacket(index, count), frameStart | firstLead | entry)
  }
  count.reads = 0
  for (let index = 1; index <= drops; index++) drop(recent, index)
  return count.reads
}

/** Milliseconds that key frames take, each of which drops a packet of sound or two. */
function keyFramesMs(kept: number): number {
  const options = { clock: new ManualClock(), lingerMs: Number.POSITIVE_INFINITY, gopCache }
  const cacheShare = new CacheBudget(Number.POSITIVE_INFINITY).openShare()
  const media = new Media('/cam', new TestSource(), { ...options, cacheShare })
  const [video, audio] = media.tracks
  if (!video || !audio) throw new Error('two tracks expected')
  const key = (index: number) =>
    rtpPacket({
      sequenceNumber: index,
      timestamp: index * 6,
      marker: true,
      payload: Buffer.of(0x65, 1, 2, 3),
    })
  audio.receive(rtpPacket({ sequenceNumber: 0, payloadType: 97 }))
  video.receive(key(0))
  for (const track of media.tracks) track.mapTime(1e12, 0)
  // Each in memory of its own, as packets from UDP are.
  for (let index = 1; index < kept; index++) {
    const bytes = Buffer.allocUnsafeSlow(13)
    rtpPacket({ sequenceNumber: index, timestamp: index * 3, payloadType: 97 }).copy(bytes)
    audio.receive(bytes)
  }
  const frames = Array.from({ length: drops }, (_, index) => key(index + 1))
  const start = performance.now()
  for (const frame of frames) video.receive(frame)
  const ms = performance.now() - start
  // A key frame comes each 3.2 ticks of the sound, a packet of sound each 3.
  expect(audio.recentPackets().length).toBe(kept - Math.ceil((drops * 3.2) / 3))
  return ms
}

/** Milliseconds that a new cache takes when the oldest of the others is given up for it. */
function giveUpMs(caches: number): number {
  const budget = new CacheBudget(caches)
  const accounts = Array.from({ length: 2 * caches }, () =>
    budget.openShare().open(() => undefined),
  )
  for (const account of accounts.slice(0, caches)) account.set(1)
  const newcomers = accounts.slice(caches)
  const start = performance.now()
  for (const account of newcomers) account.set(1)
  const ms = performance.now() - start
  expect([budget.givenUp, budget.bytes]).toEqual([caches, caches])
  return ms / caches
}

/** The least of some runs, taken in turns: others use the machine, too. */
function ratioOf(cost: (size: number) => number): number {
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let run = 0; run < 6; run++) {
    small = Math.min(small, cost(few))
    large = Math.min(large, cost(many))
  }
  return large / small
}

describe('dropping the oldest packets', { tags: ['S-2', 'S-6'] }, () => {
  it('visits the dropped packets only, however many stay', () => {
    const drop = (recent: RecentPackets, index: number) => recent.beginNotBefore(index)
    expect(readsOfDrops(many, drop)).toBe(readsOfDrops(few, drop))
    expect(readsOfDrops(many, drop)).toBeLessThanOrEqual(4 * drops)
  })

  it('visits nothing if nothing is dropped', () => {
    expect(readsOfDrops(many, (recent) => recent.beginNotBefore(0))).toBe(0)
  })

  it('a key frame of a few bytes costs the same, however much sound is kept', () => {
    expect(ratioOf(keyFramesMs)).toBeLessThan(maxRatio)
  })

  it('giving up the oldest of all caches costs the same, however many there are', () => {
    expect(ratioOf(giveUpMs)).toBeLessThan(maxRatio)
  })

  it('recovery points look twice at each packet at most', () => {
    const count = { reads: 0 }
    const recent = new RecentPackets(gopCache, 90_000)
    for (let index = 0; index < many; index++) {
      const isPoint = index % 4 === 0
      recent.push(
        countedPacket(index, count),
        isPoint ? firstLead | lead | entry | gradual : frameStart,
      )
    }
    expect(count.reads).toBeLessThanOrEqual(4 * many)
  })
})
