import { describe, expect, it } from 'vitest'
import { timestampDistance } from '../../../src/rtp/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { type TimedTrack, timedPublisher } from '../../support/timed-publisher.js'

const rate = 90_000
const frameMs = 40

/** Milliseconds by which a report is ahead of a timestamp that belongs to the present. */
const aheadMs = (timed: TimedTrack, timestamp: number): number =>
  timestampDistance(Math.round(timestamp) >>> 0, timed.report().rtpTime) / (rate / 1000)

/** Something that RTP time does that the clock does not. */
interface Event {
  readonly atMs: number
  /** RTP time jumps. */
  readonly jumpMs?: number
  /** No packets come; RTP time stands still, or goes on. */
  readonly pauseMs?: number
  readonly standsStill?: boolean
}

interface Scenario {
  readonly seconds: number
  readonly jitterMs?: number
  readonly driftPpm?: number
  readonly firstTimestamp?: number
  readonly events?: readonly Event[]
  readonly isReporting?: boolean
  /** From one packet to the next. */
  readonly spacingMs?: number
  readonly seed: number
}

/** Runs a publisher and asks for a report after every 25 packets; what it says of the packets, and when. */
function run({
  seconds,
  jitterMs = 0,
  driftPpm = 0,
  spacingMs = frameMs,
  seed,
  ...rest
}: Scenario) {
  const { clock, video } = timedPublisher({ awaitsReport: rest.isReporting ?? false })
  const random = seededRandom(seed)
  const events = [...(rest.events ?? [])]
  const start = clock.now()
  const ticksPerMs = (rate / 1000) * (1 + driftPpm / 1e6)
  let [base, skippedMs, toldAt] = [rest.firstTimestamp ?? 1000, 0, 0]
  const truth = (): number => base + (clock.now() - start - skippedMs) * ticksPerMs
  const heard: { at: number; unixMs: number; rtpTime: number; offMs: number }[] = []
  for (let at = 0; at < seconds * 1000; at += spacingMs) {
    const event = events[0]
    if (event && at >= event.atMs) {
      events.shift()
      base += (event.jumpMs ?? 0) * ticksPerMs
      clock.advance(event.pauseMs ?? 0)
      if (event.standsStill) skippedMs += event.pauseMs ?? 0
    }
    const timestamp = truth()
    const delayMs = random() * jitterMs
    clock.advance(delayMs)
    video.send(timestamp)
    clock.advance(spacingMs - delayMs)
    if (rest.isReporting && clock.now() - toldAt > 5_000) {
      toldAt = clock.now()
      video.tell(clock.unixTimeMs() - 3_600_000, truth())
    }
    if (at % (25 * spacingMs) < spacingMs) {
      if (toldAt === 0 && rest.isReporting) continue
      const { unixMs, rtpTime } = video.report()
      const offMs = timestampDistance(Math.round(truth()) >>> 0, rtpTime) / (rate / 1000)
      heard.push({ at: clock.now() - start, unixMs, rtpTime, offMs })
    }
  }
  return heard
}

const worst = (heard: ReturnType<typeof run>): number =>
  heard.reduce((most, { offMs }) => Math.max(most, Math.abs(offMs)), 0)

/** Between two reports: how far the two times drift apart in a second, in milliseconds. */
function drifts(heard: ReturnType<typeof run>): number[] {
  return heard.slice(1).map(({ unixMs, rtpTime }, index) => {
    const before = heard[index]
    if (!before) return 0
    const wallMs = unixMs - before.unixMs
    const rtpMs = timestampDistance(before.rtpTime, rtpTime) / (rate / 1000)
    return (Math.abs(rtpMs - wallMs) * 1000) / wallMs
  })
}

describe('reports correspond to the packets of a publisher that sends none', {
  tags: ['M-E', 'A-RTC-2'],
}, () => {
  const cases: (Scenario & { name: string; withinMs: number; settleMs?: number })[] = [
    { name: 'a steady one', seconds: 60, seed: 1, withinMs: 1 },
    { name: 'with jitter', seconds: 120, jitterMs: 35, seed: 2, withinMs: 36 },
    {
      name: 'that drifts by 100 ppm for a day',
      seconds: 24 * 3600,
      spacingMs: 1000,
      driftPpm: 100,
      seed: 3,
      withinMs: 6,
    },
    { name: 'that drifts by -300 ppm', seconds: 1800, driftPpm: -300, seed: 4, withinMs: 12 },
    {
      name: 'across a wrap',
      seconds: 60,
      jitterMs: 20,
      firstTimestamp: 2 ** 32 - 20 * rate,
      seed: 5,
      withinMs: 21,
    },
    ...[30_000, 3_000, -30_000, -4_000, 3_600_000, -3_600_000 * 6, 20_000_000].map((jumpMs) => ({
      name: `that jumps by ${jumpMs / 1000} s`,
      seconds: 30,
      jitterMs: 10,
      events: [{ atMs: 6_010, jumpMs }],
      seed: 6,
      withinMs: 11,
    })),
    {
      name: 'that jumps ahead and back',
      seconds: 40,
      events: [
        { atMs: 6_010, jumpMs: 30_000 },
        { atMs: 12_050, jumpMs: -30_000 },
        { atMs: 18_090, jumpMs: 50_000 },
      ],
      seed: 7,
      withinMs: 2,
    },
    {
      name: 'whose RTP time stands still in a pause',
      seconds: 40,
      events: [{ atMs: 9_990, pauseMs: 60_000, standsStill: true }],
      seed: 8,
      withinMs: 2,
    },
    {
      name: 'whose RTP time goes on in a pause',
      seconds: 40,
      events: [{ atMs: 9_990, pauseMs: 600_000 }],
      seed: 9,
      withinMs: 2,
    },
    {
      name: 'that jumps by less than a second: known for one after four',
      seconds: 40,
      events: [
        { atMs: 10_010, jumpMs: 700 },
        { atMs: 20_010, jumpMs: -700 },
      ],
      seed: 10,
      withinMs: 2,
      settleMs: 6_000,
    },
  ]

  it.each(cases)('$name', ({ withinMs, settleMs = 0, ...scenario }) => {
    const heard = run(scenario)
    const events = scenario.events ?? []
    expect(heard.length).toBeGreaterThan(20)
    let paused = 0
    const unsettled = events.map(({ atMs, pauseMs = 0 }) => {
      paused += pauseMs
      return atMs + paused
    })
    const settled = heard.filter(
      ({ at }) => !unsettled.some((from) => at >= from && at < from + settleMs),
    )
    expect(worst(settled)).toBeLessThanOrEqual(withinMs)
    const walls = heard.map(({ unixMs }) => unixMs)
    expect(walls).toEqual(walls.toSorted((a, b) => a - b))
    if (events.length === 0) expect(Math.max(...drifts(heard))).toBeLessThan(1)
  })

  it('random publishers: jitter, drift, jumps, pauses and wraps', { tags: 'generator' }, () => {
    for (let seed = 100; seed < 130; seed++) {
      const random = seededRandom(seed)
      const jitterMs = random() * 60
      const driftPpm = (random() - 0.5) * 400
      const events = Array.from({ length: 3 }, (_, index): Event => {
        const atMs = 15_010 * (index + 1) + Math.floor(random() * 5_000)
        const sign = random() < 0.5 ? -1 : 1
        return random() < 0.7
          ? { atMs, jumpMs: sign * 10 ** (3.5 + random() * 3.5) }
          : { atMs, pauseMs: random() * 100_000, standsStill: random() < 0.5 }
      })
      const firstTimestamp = Math.floor(random() * 2 ** 32)
      const heard = run({ seconds: 75, jitterMs, driftPpm, firstTimestamp, events, seed })
      expect(worst(heard), `seed ${seed}`).toBeLessThanOrEqual(jitterMs + 30)
    }
  })

  it('a restart with the same SSRC, sequence numbers and timestamps of its own', () => {
    const { clock, video } = timedPublisher({ awaitsReport: false })
    for (const [first, sequenceNumber] of [
      [4_000_000_000, 100],
      [5_000, 40_000],
      [2_000_000_000, 3],
    ] as const) {
      for (let n = 0; n < 200; n++, clock.advance(frameMs)) {
        video.send(first + n * 3600, { sequenceNumber: (sequenceNumber + n) & 0xffff })
        expect(Math.abs(aheadMs(video, first + n * 3600))).toBeLessThan(1)
      }
      clock.advance(2_500)
    }
  })

  it('one stray packet changes nothing for the reports after it', () => {
    const { clock, video } = timedPublisher({ awaitsReport: false })
    for (let n = 0; n < 500; n++, clock.advance(frameMs)) {
      if (n % 100 === 50) video.send(123_456 * n)
      video.send(1_000_000 + n * 3600)
      expect(Math.abs(aheadMs(video, 1_000_000 + n * 3600))).toBeLessThan(1)
    }
  })

  it('pictures sent in another order than shown are no jump', () => {
    const { clock, video } = timedPublisher({ awaitsReport: false })
    const offs: number[] = []
    for (let n = 0; n < 2000; n += 4) {
      for (const shown of [n + 4, n + 2, n + 1, n + 3]) {
        video.send(9_000_000 + shown * 3600)
        offs.push(aheadMs(video, 9_000_000 + shown * 3600))
        clock.advance(frameMs)
      }
    }
    expect(Math.max(...offs)).toBeLessThan(5.1 * frameMs)
    expect(Math.min(...offs)).toBeGreaterThan(-1)
  })

  it('a burst at the beginning moves the reports along with it', () => {
    const { clock, video } = timedPublisher({ awaitsReport: false })
    // FFmpeg sends what it has probed at once, and then in real time.
    for (let n = 0; n < 125; n++) {
      video.send(n * 3600)
      clock.advance(1)
    }
    for (let n = 125; n < 500; n++) {
      video.send(n * 3600)
      expect(Math.abs(aheadMs(video, n * 3600))).toBeLessThan(100)
      clock.advance(frameMs)
    }
  })
})

describe('reports of a publisher that sends some of its own', { tags: 'M-E' }, () => {
  const hourMs = 3_600_000

  it.each([30_000, 3_000, -30_000, -4_000])(
    'a jump by %i ms shows in the report after it, on the clock of the publisher',
    (jumpMs) => {
      const heard = run({
        seconds: 60,
        jitterMs: 5,
        isReporting: true,
        events: [{ atMs: 21_010, jumpMs }],
        seed: 20,
      })
      expect(worst(heard)).toBeLessThanOrEqual(8)
      for (const drift of drifts(heard.filter(({ at }) => at > 22_100))) {
        expect(drift).toBeLessThan(10)
      }
      const walls = heard.map(({ unixMs, at }) => unixMs - at)
      expect(Math.max(...walls) - Math.min(...walls)).toBeLessThan(10)
    },
  )

  it('packets 5 s ahead of their reports, as from FFmpeg, keep the mapping', () => {
    const { clock, video } = timedPublisher()
    const start = clock.unixTimeMs()
    video.tell(start - hourMs, 0)
    for (let n = 0; n < 1000; n++) {
      video.send(n * 3600)
      if (n >= 125) clock.advance(frameMs)
      if (n % 125 === 124)
        video.tell(clock.unixTimeMs() - hourMs, (clock.unixTimeMs() - start) * 90)
      const { unixMs, rtpTime } = video.report()
      expect(Math.abs(unixMs - (start - hourMs) - rtpTime / 90)).toBeLessThan(0.1)
    }
  })

  it('a publisher that ceases to report, and drifts, is followed by arrival', () => {
    const { clock, video } = timedPublisher()
    const start = clock.now()
    const truth = () => 5_000 + (clock.now() - start) * 90 * 1.0001
    video.send(truth())
    video.tell(clock.unixTimeMs() - hourMs, truth())
    for (let second = 0; second < 3600 * 6; second++) {
      clock.advance(1000)
      video.send(truth())
      if (second % 1000 !== 999) continue
      expect(Math.abs(aheadMs(video, truth()))).toBeLessThan(10)
      expect(video.report().unixMs).toBeCloseTo(clock.unixTimeMs() - hourMs, -1.3)
    }
  })

  it('a network stall with a late burst keeps the mapping', () => {
    const { clock, video } = timedPublisher()
    const start = clock.unixTimeMs()
    for (let n = 0; n < 500; n++) {
      video.send(n * 3600)
      if (n % 100 === 0) video.tell(start + n * frameMs - hourMs, n * 3600)
      if (n < 200 || n > 300) clock.advance(frameMs)
      else if (n === 200) clock.advance(100 * frameMs)
      const { unixMs, rtpTime } = video.report()
      expect(Math.abs(unixMs - (start - hourMs) - rtpTime / 90)).toBeLessThan(0.1)
    }
  })
})
