import type { TimeZone } from '../time-zone.js'

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const dayMinutes = 24 * 60
const entry = /^(?<days>[a-z,-]+) (?<from>\d{2}:\d{2})-(?<to>\d{2}:\d{2})$/

export const scheduleText =
  'times of the week such as "mon-fri 22:00-06:00", "sat,sun 00:00-24:00" or "daily 08:00-18:00"'

/**
 * Entry of a schedule: the days on which recording begins, and the minutes after midnight from which and to which it
 * lasts.
 */
interface Times {
  /** Numbers of days, from 0 = Monday. */
  readonly days: ReadonlySet<number>
  readonly from: number
  /** End in minutes after the midnight before the begin; above 1440 if the entry ends on the next day. */
  readonly to: number
}

/** Returns whether a text is an entry of a schedule, such as `mon-fri 22:00-06:00`. */
export const isTimes = (text: string): boolean => parseTimes(text) !== undefined

/**
 * Returns whether a schedule wants a recording at a time, on the clock of a zone. At the very end of an entry, the
 * schedule is off.
 *
 * @param schedule - Texts such as `mon-fri 22:00-06:00`; an empty list means at all times.
 * @param unixMs - Time in milliseconds since 1970.
 */
export function isScheduled(schedule: readonly string[], unixMs: number, zone: TimeZone): boolean {
  if (schedule.length === 0) return true
  const parts = zone.partsAt(unixMs)
  const [year, month, date] = [parts.year, parts.month, parts.day].map(Number) as [
    number,
    number,
    number,
  ]
  const day = (new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 6) % 7
  const minute = Number(parts.hour) * 60 + Number(parts.minute)
  return schedule.some((text) => {
    const times = parseTimes(text)
    if (!times) return false
    const { days, from, to } = times
    const isToday = days.has(day) && minute >= from && minute < to
    const isSinceYesterday = days.has((day + 6) % 7) && minute + dayMinutes < to
    return isToday || isSinceYesterday
  })
}

function parseTimes(text: string): Times | undefined {
  const { days = '', from = '', to = '' } = entry.exec(text)?.groups ?? {}
  const [begin, end] = [from, to].map(minutesOf)
  const parsed = parseDays(days)
  if (!parsed || begin === undefined || end === undefined || begin === dayMinutes) return undefined
  return { days: parsed, from: begin, to: end > begin ? end : end + dayMinutes }
}

function minutesOf(text: string): number | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = text.split(':').map(Number)
  const all = hours * 60 + minutes
  return minutes < 60 && all <= dayMinutes ? all : undefined
}

function parseDays(text: string): ReadonlySet<number> | undefined {
  if (text === 'daily') return new Set(dayNames.keys())
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first, last = first] = part.split('-').map((name) => dayNames.indexOf(name as 'mon'))
    if (first === undefined || last === undefined || first < 0 || last < 0) return undefined
    if (part.split('-').length > 2) return undefined
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return days
}
