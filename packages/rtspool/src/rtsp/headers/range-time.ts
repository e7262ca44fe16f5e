import { isDigits, parseDecimal } from '../grammar.js'

/**
 * Position in a stored presentation as a count of frames: hours, minutes, seconds and frames (RFC 2326 section 3.5).
 */
export interface SmpteTime {
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  /** Number of the frame within its second, from 0. */
  readonly frames: number
  /** Hundredths of a frame after the beginning of the frame. */
  readonly subframes: number
}

/**
 * Maximum number of hours in a time of a Range header; a time with more is refused. Within the limit, seconds keep
 * full precision.
 */
const maxHours = 999_999_999

/**
 * Maximum number of seconds in a time of a Range header: those of {@link maxHours}. JavaScript writes numbers from
 * 10^21 on with an exponent, which no client reads.
 */
const maxSeconds = (maxHours + 1) * 3600

/**
 * Parses a number such as `12` or `12.345`: digits with an optional fraction, no sign, no exponent. `undefined` for
 * any other text.
 */
function parseFraction(text: string): number | undefined {
  const dot = text.indexOf('.')
  const whole = dot === -1 ? text : text.slice(0, dot)
  const fraction = dot === -1 ? '' : text.slice(dot + 1)
  if (!isDigits(whole) || (fraction !== '' && !isDigits(fraction))) return undefined
  const value = Number(text)
  return value < maxSeconds ? value : undefined
}

/**
 * Parses normal play time, the seconds from the beginning of a presentation: `5`, `5.25` or `1:02:05.25` (RFC 2326
 * section 3.6).
 *
 * @returns `undefined` for any other text.
 */
export function parseNptTime(text: string): number | undefined {
  const [hourText = '', minuteText, secondText, ...rest] = text.split(':', 4)
  if (minuteText === undefined) return parseFraction(hourText)
  if (secondText === undefined || rest.length > 0) return undefined
  const hours = parseDecimal(hourText, maxHours)
  const minutes = parseDecimal(minuteText, 59)
  const seconds = parseFraction(secondText)
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined
  return seconds < 60 ? hours * 3600 + minutes * 60 + seconds : undefined
}

/** Serializes seconds as the shortest decimal text, with at most six digits after the point. */
export function serializeNptTime(seconds: number): string {
  const fixed = seconds.toFixed(6)
  let end = fixed.length
  while (fixed[end - 1] === '0') end--
  if (fixed[end - 1] === '.') end--
  return fixed.slice(0, end)
}

/** Number of digits in `19961108T143720.25Z`: the year has 4, all other fields have 2. */
const utcDigits = { date: 8, time: 6 }

/**
 * Parses `19961108T143720.25Z` (RFC 2326 section 3.7), a UTC time with an optional fraction, for
 * the years 0 to 9999.
 *
 * @returns Milliseconds since 1970, with fractions, negative before; `undefined` for any other
 * text.
 */
export function parseUtcTime(text: string): number | undefined {
  const { date, time } = utcDigits
  const dateText = text.slice(0, date)
  const timeText = text.slice(date + 1, date + 1 + time)
  const fraction = text.slice(date + 1 + time, -1)
  if (text[date] !== 'T' || text.at(-1) !== 'Z') return undefined
  if (dateText.length !== date || timeText.length !== time) return undefined
  if (!isDigits(dateText) || !isDigits(timeText)) return undefined
  if (fraction !== '' && (fraction[0] !== '.' || !isDigits(fraction.slice(1)))) return undefined

  const whole = Date.parse(`${inPieces(dateText, '-', 4, 6)}T${inPieces(timeText, ':', 2, 4)}Z`)
  // `Date` carries 31 February and hour 24 over, so the text must be the same again.
  if (Number.isNaN(whole) || serializeUtcTime(whole) !== `${dateText}T${timeText}Z`)
    return undefined
  return fraction === '' ? whole : whole + Number(`0${fraction}`) * 1000
}

const inPieces = (digits: string, separator: string, first: number, second: number): string =>
  [digits.slice(0, first), digits.slice(first, second), digits.slice(second)].join(separator)

/**
 * Milliseconds since 1970 at the beginning of the year 0. Times end with the year 9999, because the
 * grammar has four digits for a year.
 */
const minUtcTimeMs = Date.parse('0000-01-01T00:00:00Z')
const maxUtcTimeMs = Date.UTC(10000, 0) - 1

/**
 * Serializes a time as in `19961108T143720.25Z` (RFC 2326 section 3.7).
 *
 * @param timeMs - Milliseconds since 1970; a fraction of a second is written with three digits.
 * @throws {RangeError} when the time is not within the years 0 to 9999.
 */
export function serializeUtcTime(timeMs: number): string {
  if (!(timeMs >= minUtcTimeMs && timeMs <= maxUtcTimeMs)) {
    throw new RangeError(`time must be within the years 0 to 9999, got ${timeMs}`)
  }
  const [date = '', time = ''] = new Date(timeMs).toISOString().split('T')
  const [clock = '', fraction = ''] = time.slice(0, -1).split('.')
  const fractionText = fraction === '000' ? '' : `.${fraction}`
  return `${date.replaceAll('-', '')}T${clock.replaceAll(':', '')}${fractionText}Z`
}

/**
 * Parses a position in frames: `10:12:33`, `10:12:33:20` or `10:12:33:20.50` (RFC 2326 section 3.5).
 *
 * @returns `undefined` for any other text.
 */
export function parseSmpteTime(text: string): SmpteTime | undefined {
  const fields = text.split(':', 5)
  if (fields.length < 3 || fields.length > 4) return undefined
  const [hourText = '', minuteText = '', secondText = '', frameText = '0'] = fields
  const [frame = '', subframe = '0', ...rest] = frameText.split('.', 3)
  const hours = parseDecimal(hourText, 99)
  const minutes = parseDecimal(minuteText, 59)
  const seconds = parseDecimal(secondText, 59)
  const frames = parseDecimal(frame, 99)
  const subframes = parseDecimal(subframe, 99)
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined
  if (frames === undefined || subframes === undefined || rest.length > 0) return undefined
  return { hours, minutes, seconds, frames, subframes }
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

export function serializeSmpteTime(time: SmpteTime): string {
  const { hours, minutes, seconds, frames, subframes } = time
  const fields = [hours, minutes, seconds, frames].map(twoDigits).join(':')
  return subframes === 0 ? fields : `${fields}.${twoDigits(subframes)}`
}
