import { describe, expect, it } from 'vitest'
import {
  centred,
  clockText,
  dateOf,
  dayOf,
  marksOf,
  markText,
  moved,
  showing,
  timeOf,
  zoomed,
} from '../../src/recordings/time-window.js'

const hour = 3_600_000
const day = dayOf('2026-11-29')
const at = (hours: number): number => day.startMs + hours * hour

describe('a day', () => {
  it('reaches from midnight to midnight on the clock of the browser', () => {
    expect(dateOf(day.startMs)).toBe('2026-11-29')
    expect(dateOf(day.endMs)).toBe('2026-11-30')
    expect(clockText(day.startMs)).toBe('00:00:00')
  })

  it.for([
    ['14:05:30', 14 * hour + 330_000],
    [' 9:00 ', 9 * hour],
    ['00:00:01.5', 1500],
    ['24:00', 24 * hour],
    ['25:00', undefined],
    ['14:60', undefined],
    ['noon', undefined],
  ] as const)('has the time %s', ([text, ms]) => {
    expect(timeOf(text, day)).toBe(ms === undefined ? undefined : day.startMs + ms)
  })
})

describe('a window', () => {
  it('keeps a time at its place when it is zoomed', () => {
    const window = zoomed(day, day, at(6), 0.5)
    expect(window).toEqual({ startMs: at(3), endMs: at(15) })
    expect(zoomed(window, day, at(6), 2)).toEqual(day)
  })

  it('shows 30 s at least, and stays within the day', () => {
    const { startMs, endMs } = zoomed(day, day, at(0), 1e-9)
    expect([startMs, endMs - startMs]).toEqual([day.startMs, 30_000])
    expect(zoomed(day, day, at(12), 4)).toEqual(day)
    expect(moved({ startMs: at(20), endMs: at(22) }, day, 3)).toEqual({
      ...{ startMs: at(22), endMs: at(24) },
    })
  })

  it('follows a time that it does not show', () => {
    const window = { startMs: at(2), endMs: at(4) }
    expect(showing(window, day, at(3))).toBe(window)
    expect(showing(window, day, at(8))).toEqual({ startMs: at(7), endMs: at(9) })
  })

  it('puts a time late in the day in its middle when the buttons zoom', () => {
    const late = at(23.5)
    let window = day
    for (let n = 0; n < 10; n++) window = zoomed(centred(window, day, late), day, late, 0.5)
    expect(window.endMs - window.startMs).toBe((24 * hour) / 1024)
    expect((late - window.startMs) / (window.endMs - window.startMs)).toBeCloseTo(0.5)
  })

  it.for([
    [0, 24, 9, '03:00'],
    [1, 2, 7, '01:10'],
    [1, 1 + 1 / 60, 7, '01:00:10'],
  ] as const)('has round marks: %d h to %d h', ([from, to, count, second]) => {
    const marks = marksOf({ startMs: at(from), endMs: at(to) })
    expect(marks.length).toBeLessThanOrEqual(9)
    expect([marks.length, markText(marks[1] ?? 0)]).toEqual([count, second])
  })
})
