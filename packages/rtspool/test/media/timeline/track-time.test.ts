import { describe, expect, it } from 'vitest'
import { SourceClock } from '../../../src/media/timeline/source-clock.js'
import { maxReportWaitMs, TrackTime } from '../../../src/media/timeline/track-time.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const hourMs = 3_600_000

function setUp(awaitsReport = true) {
  const clock = new ManualClock()
  const sourceClock = new SourceClock()
  const timeOf = (clockRate: number) =>
    new TrackTime({ clock, clockRate, sourceClock, awaitsReport })
  return { clock, video: timeOf(90_000), audio: timeOf(48_000) }
}

describe('the time that viewers of a track are sent', { tags: 'A-RTC-2' }, () => {
  it('follows arrival if the source provides none', () => {
    const { clock, video } = setUp(false)
    video.noteArrival(5_000)
    const start = clock.unixTimeMs()
    clock.advance(100)
    clock.jumpWallClock(hourMs)
    expect(video.announce()).toEqual({ unixMs: start + 100, rtpTime: 5_000 + 9_000 })
  })

  it('is not sent before the source has provided it, or its wait is over', () => {
    const { clock, video } = setUp()
    video.noteArrival(5_000)
    expect([video.isWaiting, video.announce()]).toEqual([true, undefined])
    clock.advance(maxReportWaitMs - 1)
    expect(video.announce()).toBeUndefined()
    clock.advance(1)
    expect(video.isWaiting).toBe(false)
    expect(video.announce()).toBeDefined()
  })

  it('is the clock of the source, for all tracks, as soon as one of them knows it', () => {
    const { clock, video, audio } = setUp()
    const start = clock.unixTimeMs()
    audio.noteArrival(1_000)
    clock.advance(10)
    video.map(start + 10 - hourMs, 70_000, clock.now())
    expect(video.announce()).toEqual({ unixMs: start + 10 - hourMs, rtpTime: 70_000 })
    // Sound is still timed by its arrival, on the clock of the source.
    expect(audio.unixTimeMsAt(1_000)).toBe(start - hourMs)
    expect(audio.rtpTimeAt(start + 500 - hourMs)).toBe(1_000 + 24_000)
  })

  it('never changes from our clock to that of a source that reports late', () => {
    const { clock, video, audio } = setUp()
    const start = clock.unixTimeMs()
    video.noteArrival(0)
    audio.noteArrival(0)
    clock.advance(maxReportWaitMs)
    expect(video.announce()?.unixMs).toBe(start + maxReportWaitMs)
    clock.advance(1_000)
    const now = start + maxReportWaitMs + 1_000
    video.map(now - hourMs, 450_000, clock.now())
    audio.map(now - hourMs + 20, 240_000, clock.now())
    expect(video.announce()).toEqual({ unixMs: now, rtpTime: 450_000 })
    // The tracks keep the distance that the source gave them.
    expect(audio.announce()?.unixMs).toBe(now + 20)
  })

  it('stays exact for days, across any number of wraps', { tags: 'A-INF-1' }, () => {
    const { clock, video, audio } = setUp(false)
    const start = clock.unixTimeMs()
    video.noteArrival(4_000_000_000)
    audio.map(start, 4_100_000_000, clock.now())
    for (let hours = 1; hours <= 24 * 400; hours += 71) {
      clock.advance(start + hours * hourMs + 0.123 - clock.unixTimeMs())
      const seconds = hours * 3600
      const sound = (4_100_000_000 + seconds * 48_000) % 2 ** 32
      const picture = (4_000_000_000 + seconds * 90_000) % 2 ** 32
      expect(audio.unixTimeMsAt(sound)).toBe(start + seconds * 1000)
      expect(video.unixTimeMsAt(picture)).toBe(start + seconds * 1000)
      expect(audio.rtpTimeAt(start + seconds * 1000)).toBe(sound)
      // Some seconds ago, and some to come: what is kept for new viewers, what is sent ahead.
      expect(audio.unixTimeMsAt((sound - 480_000 + 2 ** 32) % 2 ** 32)).toBe(
        start + seconds * 1000 - 10_000,
      )
      expect(audio.unixTimeMsAt((sound + 48_000) % 2 ** 32)).toBe(start + seconds * 1000 + 1_000)
    }
  })

  it('continues across a wrap of the timestamp', () => {
    const { clock, video } = setUp(false)
    video.noteArrival(2 ** 32 - 45_000)
    clock.advance(1_000)
    expect(video.announce()?.rtpTime).toBe(45_000)
  })
})
