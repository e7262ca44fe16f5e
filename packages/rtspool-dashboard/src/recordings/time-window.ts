import type { Span } from './spans.js'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const shortestMs = 30 * secondMs
/**
 * Distances in milliseconds that the marks of a time scale may have, in ascending order. A scale uses the first
 * distance that needs few marks.
 */
const steps = [
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * secondMs),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 6].map((hours) => hours * hourMs),
]
const mostMarks = 8

/** Returns the day of a date such as `2026-11-29` on the clock of the browser, from midnight to midnight. */
export function dayOf(date: string): Span {
  const [year = 1970, month = 1, day = 1] = date.split('-').map(Number)
  // A day in which the clock changes has 23 or 25 hours.
  return {
    startMs: new Date(year, month - 1, day).getTime(),
    endMs: new Date(year, month - 1, day + 1).getTime(),
  }
}

/**
 * Returns the date of a time (milliseconds since 1970) on the clock of the browser, as the value of a date field:
 * `2026-11-29`.
 */
export function dateOf(timeMs: number): string {
  const time = new Date(timeMs)
  const [month, day] = [time.getMonth() + 1, time.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${time.getFullYear()}-${month}-${day}`
}

/**
 * Returns the visible part of a day after a zoom, which stays within the day. The length is multiplied by `factor`,
 * from 30 s to the whole day.
 *
 * @param aroundMs - Time that keeps its place in the window if the day allows.
 * @param factor - Below 1 to see less with more detail.
 */
export function zoomed(window: Span, day: Span, aroundMs: number, factor: number): Span {
  const lengthMs = window.endMs - window.startMs
  const wantedMs = Math.min(day.endMs - day.startMs, Math.max(shortestMs, lengthMs * factor))
  const share = (aroundMs - window.startMs) / lengthMs
  return within(
    { startMs: aroundMs - share * wantedMs, endMs: aroundMs + (1 - share) * wantedMs },
    day,
  )
}

/** Moves the visible part within a day. @param share - Distance as a share of the part's length; negative = earlier. */
export function moved({ startMs, endMs }: Span, day: Span, share: number): Span {
  const byMs = (endMs - startMs) * share
  return within({ startMs: startMs + byMs, endMs: endMs + byMs }, day)
}

/**
 * Returns the visible part of the day unchanged if a time lies within it. Otherwise returns one of the same length with
 * the time in its middle, within the day.
 */
export function showing(window: Span, day: Span, timeMs: number): Span {
  const isShown = timeMs >= window.startMs && timeMs <= window.endMs
  return isShown ? window : centred(window, day, timeMs)
}

/** Returns a visible part of the same length with a time (milliseconds since 1970) in its middle, within the day. */
export function centred(window: Span, day: Span, timeMs: number): Span {
  const halfMs = (window.endMs - window.startMs) / 2
  return within({ startMs: timeMs - halfMs, endMs: timeMs + halfMs }, day)
}

function within({ startMs, endMs }: Span, day: Span): Span {
  const lengthMs = endMs - startMs
  const from = Math.min(Math.max(startMs, day.startMs), day.endMs - lengthMs)
  return { startMs: from, endMs: from + lengthMs }
}

/** Returns the times for the marks of a time scale: at most 9 round times within a span, in milliseconds since 1970. */
export function marksOf({ startMs, endMs }: Span): number[] {
  const lengthMs = endMs - startMs
  const stepMs = steps.find((step) => lengthMs / step <= mostMarks) ?? 6 * hourMs
  // Marks follow the clock of the browser, whose zone may be half an hour off.
  const offsetMs = new Date(startMs).getTimezoneOffset() * minuteMs
  const first = Math.ceil((startMs - offsetMs) / stepMs) * stepMs + offsetMs
  return Array.from(
    { length: Math.max(0, Math.floor((endMs - first) / stepMs) + 1) },
    (_, index) => first + index * stepMs,
  )
}

const clock = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
})

/** Formats a time in milliseconds since 1970 on the clock of the browser, without the date: `14:05:00`. */
export const clockText = (timeMs: number): string => clock.format(timeMs)

/** Formats a time in milliseconds since 1970 for a mark of a scale: `14:05`, or `14:05:30` if the seconds are not 0. */
export const markText = (timeMs: number): string => clockText(timeMs).replace(/:00$/, '')

/**
 * Parses a time of day such as `14:05:00` or `14:05`, on the clock of the browser.
 *
 * @param day - Day to which the time belongs.
 * @returns Milliseconds since 1970; `undefined` for other texts.
 */
export function timeOf(text: string, day: Span): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?$/.exec(text.trim())
  if (!match) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1, 4).map((part) => Number(part ?? 0))
  if (hours > 24 || minutes > 59 || seconds > 59) return undefined
  const time = new Date(day.startMs)
  time.setHours(hours, minutes, seconds, Number(match[4] ?? 0) * 1000)
  return time.getTime()
}
