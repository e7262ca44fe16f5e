import { describe, expect, it } from 'vitest'
import type { SegmentView } from '../../src/recordings/recording-view.js'
import { barsOf, neighbour, recordedAt, spansOf } from '../../src/recordings/spans.js'

const hour = 3_600_000
const noon = Date.UTC(2026, 10, 29, 12)

/** Files of an hour each, from hours after noon on. */
const files = (...hours: readonly number[]): SegmentView[] =>
  hours.map((at) => ({
    startTime: new Date(noon + at * hour).toISOString(),
    endTime: new Date(noon + (at + 1) * hour).toISOString(),
    ...{ sizeBytes: 1, isOpen: false },
  }))

describe('recorded times', () => {
  it('join files that follow each other, and keep gaps', () => {
    expect(spansOf(files(0, 1, 3))).toEqual([
      { startMs: noon, endMs: noon + 2 * hour },
      { startMs: noon + 3 * hour, endMs: noon + 4 * hour },
    ])
    expect(spansOf(files(0, 0, 0.5))).toEqual([{ startMs: noon, endMs: noon + 1.5 * hour }])
    expect(spansOf([])).toEqual([])
  })

  it.for([
    [-1, 0],
    [0.5, 0.5],
    [1, 3],
    [2, 3],
    [3.5, 3.5],
    [4, undefined],
  ] as const)('have %d h or the next time after it: %d h', ([at, found]) => {
    const spans = spansOf(files(0, 3))
    const time = recordedAt(spans, noon + at * hour)
    expect(time).toBe(found === undefined ? undefined : noon + found * hour)
  })

  it('have a beginning before and after', () => {
    const spans = spansOf(files(0, 3))
    expect(neighbour(spans, noon + hour, 'before')).toBe(noon)
    expect(neighbour(spans, noon + hour, 'after')).toBe(noon + 3 * hour)
    expect(neighbour(spans, noon, 'before')).toBeUndefined()
  })

  it('are drawn as shares of a window', () => {
    const window = { startMs: noon - hour, endMs: noon + 3 * hour }
    expect(barsOf(spansOf(files(0, 2.5)), window, 1000)).toEqual([
      { from: 0.25, to: 0.5 },
      { from: 0.875, to: 1 },
    ])
  })

  it('are at most one bar for two pixels, however many files there are', () => {
    const spans = Array.from({ length: 10_000 }, (_, at) => ({
      startMs: noon + at * 8000,
      endMs: noon + at * 8000 + 5000,
    }))
    const window = { startMs: noon, endMs: noon + 24 * hour }
    expect(barsOf(spans, window, 1400).length).toBeLessThanOrEqual(700)
    const near = barsOf(spans, { startMs: noon + hour, endMs: noon + hour + 60_000 }, 1400)
    expect(near).toHaveLength(8)
  })
})
