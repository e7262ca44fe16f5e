import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import type { TimelineBreak } from '../../../src/media/timeline/timeline.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import {
  sequenceDistance,
  sequenceNumberOf,
  ssrcOf,
  timestampDistance,
  timestampOf,
} from '../../../src/rtp/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { type TimedTrack, timedPublisher } from '../../support/timed-publisher.js'
import { nextTurn } from '../../support/until.js'

const rate = 90_000
const frameMs = 40
const frameTicks = 3600

const breaks: TimelineBreak[] = []
const note = (message: unknown): void => void breaks.push(message as TimelineBreak)

afterEach(() => {
  unsubscribe('rtspool:timeline-break', note)
  breaks.length = 0
})

const listen = (): void => subscribe('rtspool:timeline-break', note)

/** What viewers get, after what is queued has gone. */
async function received({ packets }: TimedTrack): Promise<Buffer[]> {
  await nextTurn()
  return packets
}

const publisher = (init: Parameters<typeof timedPublisher>[0] = {}) =>
  timedPublisher({ awaitsReport: false, timeline: 'continuous', ...init })

/** One packet of a history: what a publisher sends, and when. */
interface Sent {
  readonly atMs: number
  readonly ssrc: number
  readonly sequenceNumber: number
  readonly timestamp: number
  /** Packets lost before it, as viewers are to see them. */
  readonly lostBefore: number
  readonly begins?: boolean
}

interface History {
  readonly seed: number
  readonly lossRate?: number
  readonly jitterMs?: number
}

/** A publisher that jumps, restarts and changes its SSRC at random, and loses packets on its way. */
function* history({ seed, lossRate = 0.05, jitterMs = 20 }: History): Generator<Sent> {
  const random = seededRandom(seed)
  const whole = (limit: number): number => Math.floor(random() * limit)
  let [ssrc, sequence, base] = [whole(2 ** 32), whole(2 ** 16), whole(2 ** 32)]
  let lostBefore = 0
  let begins = false
  for (let frame = 0; frame < 600; frame++) {
    if (frame % 60 === 59) {
      begins = true
      const kind = whole(4)
      if (kind === 0) base += (random() < 0.5 ? -1 : 1) * (5 + whole(20_000)) * rate
      if (kind === 1) [ssrc, sequence] = [whole(2 ** 32), whole(2 ** 16)]
      if (kind === 2) [ssrc, sequence, base] = [whole(2 ** 32), whole(2 ** 16), whole(2 ** 32)]
      if (kind === 3) [sequence, base] = [sequence + 10_000 + whole(40_000), base + 2 ** 30]
      // What is lost where another source begins, nobody can know.
      if (kind !== 0) lostBefore = 0
    }
    for (let part = 0; part < 1 + whole(4); part++, sequence++) {
      if (random() < lossRate && !begins) {
        lostBefore++
        continue
      }
      yield {
        atMs: frame * frameMs + random() * jitterMs,
        ssrc,
        sequenceNumber: sequence & 0xffff,
        timestamp: (base + frame * frameTicks) >>> 0,
        lostBefore,
        begins,
      }
      lostBefore = 0
      begins = false
    }
  }
}

describe('a continuous timeline', { tags: 'P-5' }, () => {
  it('random jumps, SSRCs and restarts become one line with gaps for losses only, and steady time', {
    tags: 'generator',
  }, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { clock, video } = publisher()
      const start = clock.now()
      const sent = [...history({ seed })]
      for (const { atMs, ...packet } of sent) {
        clock.advance(Math.max(0, start + atMs - clock.now()))
        video.send(packet.timestamp, packet)
      }
      const packets = await received(video)
      expect(packets.length).toBe(sent.length)
      let before = packets[0] as Buffer
      for (const [index, packet] of packets.entries()) {
        if (index === 0) continue
        const { lostBefore, begins, timestamp } = sent[index] as Sent
        const gap = sequenceDistance(sequenceNumberOf(before), sequenceNumberOf(packet)) - 1
        const ticks = timestampDistance(timestampOf(before), timestampOf(packet))
        const came = timestampDistance((sent[index - 1] as Sent).timestamp, timestamp)
        if (ssrcOf(packet) !== sent[0]?.ssrc) expect.fail(`seed ${seed}: another SSRC at ${index}`)
        if (gap !== lostBefore) expect.fail(`seed ${seed}: a gap of ${gap} at ${index}`)
        if (begins ? ticks <= 0 || ticks > 4 * frameTicks : ticks !== came) {
          expect.fail(`seed ${seed}: ${ticks} ticks at ${index}, where ${came} came`)
        }
        before = packet
      }
      // All in all as long as it took.
      const first = packets[0] as Buffer
      const ms = timestampDistance(timestampOf(first), timestampOf(before)) / (rate / 1000)
      expect(Math.abs(ms - 599 * frameMs)).toBeLessThan(250)
    }
  })

  it('packets that need no change are not changed', async () => {
    const { clock, video } = publisher()
    for (let n = 0; n < 200; n++, clock.advance(frameMs)) {
      video.send(2 ** 32 - 50 * frameTicks + n * frameTicks, {
        sequenceNumber: (65_500 + n) & 0xffff,
      })
    }
    const packets = await received(video)
    expect(packets.map(sequenceNumberOf)).toEqual(
      packets.map((_, index) => (65_500 + index) & 0xffff),
    )
    expect(new Set(packets.map(ssrcOf))).toEqual(new Set([7]))
    expect(timestampOf(packets.at(-1) as Buffer)).toBe(149 * frameTicks)
  })

  it.each([60_000, 3_000, -60_000, -5_000, 20_000_000])(
    'sound stays in step with pictures if both jump by %i ms, and reports stay right',
    async (jumpMs) => {
      const { clock, video, audio } = publisher()
      const random = seededRandom(5)
      const start = clock.now()
      const jumped = (atMs: number): number => (atMs > 4_000 ? jumpMs : 0)
      for (let at = 0; at < 12_000; at += 20) {
        clock.advance(Math.max(0, start + at + random() * 15 - clock.now()))
        if (at % 40 === 0) video.send(((5_000 + at + jumped(at)) * rate) / 1000)
        // The second track jumps a little later than the first.
        audio.send((9_000 + at + jumped(at)) * 8, { ssrc: 8 })
      }
      const pictures = await received(video)
      const sounds = await received(audio)
      for (const [index, picture] of pictures.entries()) {
        const pictureMs = timestampOf(picture) / 90 - 5_000
        const soundMs = timestampOf(sounds[index * 2] as Buffer) / 8 - 9_000
        if (Math.abs(pictureMs - soundMs) > 1) expect.fail(`${pictureMs} ${soundMs} at ${index}`)
      }
      for (const timed of [video, audio]) {
        const last = timestampOf(timed.packets.at(-1) as Buffer)
        const ticks = timestampDistance(last, timed.report().rtpTime)
        expect(Math.abs(ticks) / timed.track.clockRate).toBeLessThan(0.06)
      }
    },
  )

  it('B-frames are no jump, before a jump and after it', async () => {
    const { clock, video } = publisher()
    for (let n = 0; n < 400; n += 4) {
      for (const shown of [n + 4, n + 2, n + 1, n + 3]) {
        video.send((shown + (n >= 200 ? 10_000 : 0)) * frameTicks)
        clock.advance(frameMs)
      }
    }
    const shown = (await received(video)).map((packet) => timestampOf(packet) / frameTicks)
    for (const [index, at] of shown.entries()) {
      const inGroup = index % 4
      expect(at - (shown[index - inGroup] ?? 0)).toBe([0, -2, -3, -1][inGroup])
    }
    expect(Math.abs((shown[399] ?? 0) - 399)).toBeLessThan(4)
  })

  it('late packets from before a change keep their place if it is free', async () => {
    const { clock, video } = publisher()
    const send = (ssrc: number, sequenceNumber: number, timestamp: number) => {
      video.send(timestamp, { ssrc, sequenceNumber })
      clock.advance(5)
    }
    send(7, 10, 1_000)
    send(7, 12, 1_900)
    send(9, 500, 777_000_000)
    send(7, 11, 1_450)
    send(9, 502, 777_000_900)
    send(9, 501, 777_000_450)
    const packets = await received(video)
    expect(packets.map(sequenceNumberOf)).toEqual([10, 12, 13, 11, 15, 14])
    expect(timestampOf(packets[3] as Buffer)).toBe(1_450)
    const [, , first, , third, second] = packets.map(timestampOf)
    expect([(third ?? 0) - (first ?? 0), (second ?? 0) - (first ?? 0)]).toEqual([900, 450])
  })

  it('an early packet of the new time, and a late one of the old, keep their numbers', async () => {
    const { clock, video } = publisher()
    for (const [sequenceNumber, timestamp] of [
      [1, 3_600],
      [2, 7_200],
      [4, 90_000_000],
      [3, 10_800],
      [5, 90_003_600],
      [6, 90_007_200],
    ] as const) {
      video.send(timestamp, { sequenceNumber })
      clock.advance(frameMs)
    }
    const packets = await received(video)
    expect(packets.map(sequenceNumberOf)).toEqual([1, 2, 4, 3, 5, 6])
    expect(timestampOf(packets[3] as Buffer)).toBe(10_800)
  })

  it('one stray packet costs one place, and no time', async () => {
    for (const stray of [
      { ssrc: 99, sequenceNumber: 9_999 },
      { ssrc: 7, sequenceNumber: 40_000 },
    ]) {
      const { clock, video } = publisher()
      for (let n = 0; n < 100; n++, clock.advance(frameMs)) {
        if (n === 50) video.send(123_456_789, stray)
        video.send(n * frameTicks, { sequenceNumber: n })
      }
      const packets = await received(video)
      expect(packets.map(sequenceNumberOf)).toEqual(packets.map((_, index) => index))
      const regular = packets.filter((_, index) => index !== 50)
      expect(regular.map(timestampOf)).toEqual(regular.map((_, index) => index * frameTicks))
    }
  })

  it('an outage of the network is a loss, however many packets it took', async () => {
    const { clock, video } = publisher()
    const sequenceNumbers = [0, 1, 2, 12_000, 12_001]
    for (const sequenceNumber of sequenceNumbers) {
      video.send(sequenceNumber * 90, { sequenceNumber })
      clock.advance(sequenceNumber === 2 ? 11_998 : 1)
    }
    expect((await received(video)).map(sequenceNumberOf)).toEqual(sequenceNumbers)
  })

  it('sequence numbers that restart while time continues are continued for viewers', async () => {
    const { clock, video } = publisher()
    for (let n = 0; n < 100; n++, clock.advance(frameMs)) {
      video.send(n * frameTicks, { sequenceNumber: n < 50 ? 30_000 + n : n })
    }
    const packets = await received(video)
    expect(packets.map(sequenceNumberOf)).toEqual(packets.map((_, index) => 30_000 + index))
    expect(packets.map(timestampOf)).toEqual(packets.map((_, index) => index * frameTicks))
  })

  it('reports to the publisher contain its own SSRC, numbers and losses', () => {
    const { clock, video } = publisher()
    for (let n = 0; n < 20; n++, clock.advance(frameMs)) video.send(n * frameTicks, { ssrc: 7 })
    for (let n = 0; n < 20; n++, clock.advance(frameMs)) {
      if (n === 10) continue
      video.send(5_000_000 + n * frameTicks, { ssrc: 9, sequenceNumber: 2_000 + n })
    }
    video.stream.sendRtcp()
    const [packet] = parseCompound(video.sentBack.at(-1) ?? Buffer.alloc(0))
    expect(packet).toMatchObject({
      reports: [{ ssrc: 9, cumulativeLost: 1, extendedHighestSequenceNumber: 2_019 }],
    })
    expect([video.stream.ssrc, video.track.ssrc]).toEqual([9, 7])
  })

  it('reports of the source are converted to the line', async () => {
    const { clock, video } = publisher({ awaitsReport: true })
    const hourMs = 3_600_000
    for (let n = 0; n < 100; n++, clock.advance(frameMs)) {
      video.send(1_000_000 + n * frameTicks, { ssrc: 7, sequenceNumber: n })
      if (n === 50) video.tell(clock.unixTimeMs() - hourMs, 1_000_000 + n * frameTicks, 7)
    }
    for (let n = 0; n < 200; n++, clock.advance(frameMs)) {
      video.send(77_000 + n * frameTicks, { ssrc: 9, sequenceNumber: n })
      if (n % 50 === 0) video.tell(clock.unixTimeMs() - hourMs + 10, 77_000 + n * frameTicks, 9)
      if (n % 50 === 0) video.tell(5, 0, 7)
    }
    const { unixMs, rtpTime, ssrc } = video.report()
    expect(ssrc).toBe(7)
    const last = timestampOf((await received(video)).at(-1) as Buffer)
    expect(Math.abs(timestampDistance(last, rtpTime) - frameTicks)).toBeLessThan(2)
    expect(Math.abs(unixMs - (clock.unixTimeMs() - hourMs + 10))).toBeLessThan(1)
  })

  it('another publisher continues the track of the first, also with its SSRC and numbers', async () => {
    const { clock, video, audio } = timedPublisher({ awaitsReport: false })
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 50; n++, clock.advance(frameMs)) {
        video.send(500_000 + n * frameTicks, { sequenceNumber: 100 + n })
        audio.send(500_000 + n * 320, { sequenceNumber: 100 + n, ssrc: 8 })
      }
      clock.advance(3_000)
      video.track.expectNewSource()
      audio.track.expectNewSource()
    }
    for (const timed of [video, audio]) {
      const packets = await received(timed)
      expect(packets.map(sequenceNumberOf)).toEqual(packets.map((_, index) => 100 + index))
      const ms = packets.map((packet) => (timestampOf(packet) * 1000) / timed.track.clockRate)
      for (const [index, at] of ms.entries()) {
        if (index === 0) continue
        const expected = index % 50 === 0 ? 3_000 + frameMs : frameMs
        expect(Math.abs(at - (ms[index - 1] ?? 0) - expected)).toBeLessThan(1)
      }
    }
  })

  it('RTP-Info and announced positions are converted to the line', async () => {
    const { clock, video } = publisher()
    video.track.startAt({ ssrc: 7, sequenceNumber: 10, timestamp: 1_000 })
    expect(video.track.position).toEqual({ ssrc: 7, sequenceNumber: 10, timestamp: 1_000 })
    video.send(1_000, { sequenceNumber: 10 })
    clock.advance(frameMs)
    video.track.startAt({ ssrc: 9, sequenceNumber: 700, timestamp: 88_000_000 })
    const { position } = video.track
    expect(position).toMatchObject({ ssrc: 7, sequenceNumber: 11 })
    video.send(88_000_000, { ssrc: 9, sequenceNumber: 700 })
    const last = (await received(video)).at(-1) as Buffer
    expect([sequenceNumberOf(last), timestampOf(last)]).toEqual([11, position?.timestamp])
  })
})

describe('breaks of a timeline are published', { tags: 'P-5' }, () => {
  const play = (timed: TimedTrack, clock: { advance(ms: number): void }) => {
    const send = (count: number, ssrc: number, base: number, sequence: number) => {
      for (let n = 0; n < count; n++, clock.advance(frameMs)) {
        timed.send(base + n * frameTicks, { ssrc, sequenceNumber: sequence + n })
      }
    }
    send(300, 7, 0, 0)
    send(300, 7, 900 * rate, 300)
    send(300, 9, 5, 20_000)
    send(300, 9, 300 * frameTicks, 300)
  }

  it('with both policies; restarted sequence numbers only if viewers would see them', () => {
    listen()
    for (const timeline of ['passThrough', 'continuous'] as const) {
      const { clock, video } = timedPublisher({ awaitsReport: false, timeline, path: '/cam' })
      play(video, clock)
      const common = { path: '/cam', track: 0, timeline, count: 1 }
      const expected = [
        { ...common, kind: 'timestamp' },
        { ...common, kind: 'source' },
        ...(timeline === 'continuous' ? [{ ...common, kind: 'sequence' }] : []),
      ]
      expect(breaks.splice(0)).toEqual(expected)
    }
  })

  it('but not for a source that was announced, whatever its numbers are', () => {
    listen()
    const { clock, video } = timedPublisher({ awaitsReport: false, path: '/cam' })
    video.send(0)
    clock.advance(5_000)
    video.track.expectNewSource()
    video.send(700 * rate, { ssrc: 9, sequenceNumber: 20_000 })
    expect(breaks).toEqual([])
    clock.advance(frameMs)
    video.send(5, { ssrc: 9, sequenceNumber: 20_001 })
    expect(breaks).toMatchObject([{ kind: 'timestamp', timeline: 'continuous', count: 1 }])
  })

  it('once in 10 s a track, with how many there were', () => {
    listen()
    const { clock, video } = timedPublisher({ awaitsReport: false, path: '/cam' })
    for (let n = 0; n < 600; n++, clock.advance(frameMs)) video.send(n * n * 3 * rate)
    const counts = breaks.map(({ count }) => count)
    expect(counts.length).toBe(3)
    expect(counts[0]).toBe(1)
    expect(counts[1]).toBeGreaterThan(200)
  })

  it('pass-through rewrites nothing', async () => {
    const { clock, video } = timedPublisher({ awaitsReport: false, timeline: 'passThrough' })
    play(video, clock)
    const packets = await received(video)
    expect(timestampOf(packets[300] as Buffer)).toBe(900 * rate)
    expect([sequenceNumberOf(packets[600] as Buffer), ssrcOf(packets[600] as Buffer)]).toEqual([
      20_000, 9,
    ])
  })
})
