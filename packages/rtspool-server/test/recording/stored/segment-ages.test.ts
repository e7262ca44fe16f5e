import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { processUptime } from '../../../src/recording/machine-uptime.js'
import { SegmentAges } from '../../../src/recording/stored/segment-ages.js'
import type { StoredSegment } from '../../../src/recording/stored/segment-catalog.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const noon = Date.UTC(2026, 10, 29, 12)

/** Returns a file of one hour. @param uptimeHours - Hours from the boot to its beginning. */
const segment = (startMs: number, bootId?: string, uptimeHours = 0): StoredSegment => ({
  ...{ recording: 'all', path: '/cam', file: `${startMs}.mp4`, sizeBytes: 1, isClosed: true },
  ...{ startMs, endMs: startMs + hourMs, changedMs: startMs + hourMs },
  ...(bootId && { bootId, uptimeMs: uptimeHours * hourMs }),
})

/** A machine that runs since a time; its clock can be set. */
class Scene {
  readonly clock: ManualClock
  readonly ages: SegmentAges

  constructor(unixMs: number, uptimeMs = 0) {
    this.clock = new ManualClock(uptimeMs, unixMs)
    this.ages = new SegmentAges(processUptime(this.clock, 'now'))
    this.check()
  }

  check(): void {
    this.ages.observe(this.clock.unixTimeMs())
  }

  /** Lets time pass, with a check each minute as the server makes it. */
  run(hours: number): void {
    for (let minutes = 0; minutes < hours * 60; minutes++) {
      this.clock.advance(60_000)
      this.check()
    }
  }

  set(unixMs: number): void {
    this.clock.jumpWallClock(unixMs - this.clock.unixTimeMs())
    this.check()
  }

  hours(of: StoredSegment, all: readonly StoredSegment[] = [of]): number {
    return Math.round((this.ages.judge(all)(of) / hourMs) * 10) / 10
  }
}

describe('the age of a file', () => {
  it('is the time since its end, on a machine whose clock is right', () => {
    const scene = new Scene(noon)
    scene.run(2)
    expect(scene.hours(segment(noon - 30 * dayMs, 'before', 5))).toBe(30 * 24 - 1 + 2)
    expect(scene.hours(segment(noon - 30 * dayMs))).toBe(30 * 24 - 1 + 2)
    expect(scene.hours(segment(noon, 'now', 0))).toBe(1)
  })

  it.for([1, 24, 24 * 365 * 10])(
    'does not grow when the clock is set ahead by %i hours',
    (hours) => {
      const scene = new Scene(noon)
      const [old, own] = [segment(noon - dayMs, 'before'), segment(noon, 'now')]
      scene.run(2)
      scene.set(scene.clock.unixTimeMs() + hours * hourMs)
      scene.run(2)
      expect(scene.hours(old)).toBe(23 + 4)
      expect(scene.hours(own)).toBe(3)
    },
  )

  it('is that of the uptime, for files of a board that has found its date after they were made', () => {
    const scene = new Scene(0)
    const own = segment(60_000, 'now', 1 / 60)
    scene.run(1.5)
    scene.set(noon)
    scene.run(1)
    expect(scene.hours(own)).toBe(1.5)
    // After the next boot, another file of that boot shows when it was.
    const later = segment(noon, 'now', 1.5)
    const next = new Scene(noon + dayMs)
    const judge = new SegmentAges(processUptime(next.clock, 'next'))
    judge.observe(next.clock.unixTimeMs())
    next.clock.advance(hourMs)
    judge.observe(next.clock.unixTimeMs())
    const age = judge.judge([own, later])(own) / hourMs
    expect(Math.round(age * 10) / 10).toBe(24 + 1.5 + 1 - 1)
  })

  it('is unknown for files of a boot that never knew the date', () => {
    const scene = new Scene(noon)
    scene.run(3)
    expect(scene.hours(segment(Date.UTC(1970, 0, 1), 'before', 0))).toBe(0)
  })

  it('is unknown for an hour, in which a machine may still correct its clock', () => {
    const wrong = new Scene(Date.UTC(2040, 0, 1))
    const old = segment(noon - dayMs, 'before')
    wrong.run(0.5)
    expect(wrong.hours(old)).toBe(0)
    wrong.set(noon)
    wrong.run(2)
    expect(wrong.hours(old)).toBe(25)
  })

  it('follows from the clock that the files of this boot have seen, after a restart', () => {
    const scene = new Scene(Date.UTC(2040, 0, 1), 3 * hourMs)
    const old = segment(noon - dayMs, 'before')
    const own = segment(noon, 'now', 0)
    scene.run(2)
    expect(scene.hours(old, [old, own])).toBe(23 + 5)
  })

  it('is less when the clock was set back', () => {
    const scene = new Scene(noon)
    const old = segment(noon - 2 * dayMs, 'before')
    scene.run(2)
    scene.set(noon - dayMs)
    expect(scene.hours(old)).toBe(23)
  })
})

describe('the order of files', () => {
  it('has those of this boot last, in their true order, whatever their dates are', () => {
    const scene = new Scene(noon)
    const files = [
      segment(Date.UTC(1970, 0, 1), 'now', 1),
      segment(Date.UTC(2040, 0, 1), 'now', 0),
      segment(noon, 'now', 2),
      segment(noon - dayMs, 'before', 9),
      segment(noon - 2 * dayMs),
    ]
    const sorted = scene.ages.sort(files).map((each) => files.indexOf(each))
    expect(sorted).toEqual([4, 3, 1, 0, 2])
  })
})
