import { describe, expect, it } from 'vitest'
import { parseCompound } from '../../../src/rtcp/index.js'
import { timestampDistance } from '../../../src/rtp/index.js'
import { type TimedTrack, timedPublisher } from '../../support/timed-publisher.js'

const rate = 90_000
const frameMs = 40

describe('reports of a publisher with no time, or a wrong one', { tags: 'M-F' }, () => {
  const hourMs = 3_600_000
  const wallOf = (clock: { unixTimeMs(): number }) => clock.unixTimeMs() - hourMs

  interface Told {
    readonly clock: ReturnType<typeof timedPublisher>['clock']
    /** Of the track, from 0. */
    readonly track: number
    /** How many reports of the track came before. */
    readonly count: number
    /** Of the packet that came last. */
    readonly timestamp: number
    readonly clockRate: number
  }
  type Tell = (told: Told) => [ntp: Parameters<TimedTrack['tell']>[0], timestamp: number]

  /** Reports of both tracks every 5 s, of pictures 1 s and of sound 2.5 s after the beginning. */
  function relay(tell: Tell, seconds = 40) {
    const { clock, video, audio } = timedPublisher()
    const start = clock.now()
    const counts = [0, 0]
    const apart: { at: number; apartMs: number; fromOursMs: number; offMs: number[] }[] = []
    const tracks = [video, audio]
    for (let at = 0; at < seconds * 1000; at += frameMs, clock.advance(frameMs)) {
      tracks.forEach((timed, track) => {
        const { clockRate } = timed.track
        const timestamp = 7_000_000 + ((clock.now() - start) * clockRate) / 1000
        timed.send(timestamp)
        const count = counts[track] ?? 0
        if (at < (track === 0 ? 1000 : 2500) + 5000 * count) return
        counts[track] = count + 1
        timed.tell(...tell({ clock, track, count, timestamp, clockRate }))
      })
      if (at % 1000 !== 0 || at < 5_000) continue
      const heard = tracks.map((timed) => timed.report())
      const instants = tracks.map(({ track }) => {
        const now = 7_000_000 + ((clock.now() - start) * track.clockRate) / 1000
        return track.unixTimeMsAt(Math.round(now) >>> 0) ?? Number.NaN
      })
      apart.push({
        at,
        apartMs: Math.abs((instants[0] ?? 0) - (instants[1] ?? 0)),
        fromOursMs: (instants[0] ?? 0) - clock.unixTimeMs(),
        offMs: heard.map(({ rtpTime }, index) => {
          const clockRate = tracks[index]?.track.clockRate ?? rate
          const now = 7_000_000 + ((clock.now() - start) * clockRate) / 1000
          return timestampDistance(Math.round(now) >>> 0, rtpTime) / (clockRate / 1000)
        }),
      })
    }
    return { heard: apart, video, audio }
  }

  const right: Tell = ({ clock, timestamp }) => [wallOf(clock), timestamp]
  const cases: [name: string, tell: Tell, fromOursMs: number][] = [
    ['right ones, for comparison', right, -hourMs],
    ['NTP time 0', ({ timestamp }) => [{ seconds: 0, fraction: 0 }, timestamp], 0],
    [
      'NTP time 0 for sound only',
      (told) => (told.track === 1 ? [{ seconds: 0, fraction: 0 }, told.timestamp] : right(told)),
      -hourMs,
    ],
    [
      'NTP time 0 at first',
      (told) => (told.count === 0 ? [{ seconds: 0, fraction: 0 }, told.timestamp] : right(told)),
      0,
    ],
    [
      'an NTP time that stands still',
      ({ clock, timestamp, count }) => [
        count === 0 ? wallOf(clock) : Date.UTC(2026, 0, 1) - hourMs,
        timestamp,
      ],
      -hourMs,
    ],
    [
      'one report that lies by years',
      (told) => (told.count === 3 && told.track === 0 ? [5, told.timestamp] : right(told)),
      -hourMs,
    ],
    [
      'an RTP time far from the packets',
      (told) => (told.count > 0 ? [wallOf(told.clock), told.timestamp + 2 ** 30] : right(told)),
      -hourMs,
    ],
    [
      'an RTP time of 0 always',
      (told) => (told.count > 0 ? [wallOf(told.clock), 0] : right(told)),
      -hourMs,
    ],
    [
      'seconds and fraction exchanged after the first',
      (told) => {
        const fraction = Math.floor(wallOf(told.clock) / 1000)
        const seconds = Math.imul(told.count * 2 + told.track, 0x9e3779b1) >>> 0
        return told.count > 0 ? [{ seconds, fraction }, told.timestamp] : right(told)
      },
      -hourMs,
    ],
    [
      'sound on a clock of 1970',
      (told) =>
        told.track === 1
          ? [told.clock.unixTimeMs() - Date.UTC(2026, 0, 1), told.timestamp]
          : right(told),
      -hourMs,
    ],
  ]

  it.each(cases)('%s: both tracks stay on one clock', (_name, tell, fromOursMs) => {
    const { heard } = relay(tell)
    expect(heard.length).toBeGreaterThan(30)
    expect(Math.max(...heard.map(({ apartMs }) => apartMs))).toBeLessThan(1)
    for (const { at, fromOursMs: ours, offMs } of heard) {
      expect(Math.abs(ours - fromOursMs), `at ${at} ms`).toBeLessThan(1)
      expect(Math.max(...offMs.map(Math.abs)), `at ${at} ms`).toBeLessThan(1)
    }
  })

  it.each([
    ['of 1970', 0],
    ['of the time since the publisher began, in 1900', Date.UTC(1900, 0, 1)],
    ['of 2050', Date.UTC(2050, 0, 1)],
  ])('a clock %s is passed on to viewers', (_name, epochMs) => {
    const offset = epochMs - Date.UTC(2026, 0, 1)
    const { heard } = relay(({ clock, timestamp }) => [clock.unixTimeMs() + offset, timestamp])
    const expected = epochMs < Date.UTC(1968, 0, 1) ? offset + 2 ** 32 * 1000 : offset
    for (const { apartMs, fromOursMs, offMs } of heard) {
      expect(apartMs).toBeLessThan(1)
      expect(Math.abs(fromOursMs - expected)).toBeLessThan(1)
      expect(Math.max(...offMs.map(Math.abs))).toBeLessThan(1)
    }
  })

  it.each([3 * hourMs, -3 * hourMs, 20_000, -3_000])(
    'a clock that is set by %i ms is set for all tracks at once',
    (stepMs) => {
      const { heard } = relay(({ clock, timestamp, count }) => [
        wallOf(clock) + (count >= 3 ? stepMs : 0),
        timestamp,
      ])
      expect(Math.max(...heard.map(({ apartMs }) => apartMs))).toBeLessThan(1)
      const steps = new Set(heard.map(({ fromOursMs }) => Math.round(fromOursMs + hourMs)))
      expect([...steps]).toEqual([0, stepMs])
    },
  )

  it('reports of tracks some seconds apart are passed on: encoders delay pictures but not sound', () => {
    const { heard } = relay((told) => [
      wallOf(told.clock) - (told.track === 0 ? 2_000 : 0),
      told.timestamp,
    ])
    for (const { apartMs } of heard) expect(apartMs).toBeCloseTo(2_000, -1)
  })

  it('lsr echoes every report, with or without a valid time', () => {
    const { clock, video } = timedPublisher()
    const lsrOf = (compound: Buffer | undefined): number | undefined => {
      const [packet] = parseCompound(compound ?? Buffer.alloc(0))
      return packet?.type === 'receiverReport' ? packet.reports[0]?.lsr : undefined
    }
    const ntpTimes = [
      { seconds: 0x1234_5678, fraction: 0x9abc_def0 },
      { seconds: 0x1234_5678, fraction: 0x9abc_def0 },
      { seconds: 0xffff_ffff, fraction: 0xffff_ffff },
      { seconds: 0, fraction: 0 },
      { seconds: 3, fraction: 2 ** 31 },
    ]
    const heard = ntpTimes.map((ntpTime, index) => {
      video.send(index * rate)
      video.tell(ntpTime, index * rate + 2 ** 29)
      clock.advance(1000)
      video.stream.sendRtcp()
      return lsrOf(video.sentBack.at(-1))
    })
    expect(heard).toEqual([0x5678_9abc, 0x5678_9abc, 0xffff_ffff, 0, 0x0003_8000])
  })
})
