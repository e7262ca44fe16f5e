import { RequestError } from '../../errors.js'
import { isToken, quoteReceived, trimLinearSpace } from '../grammar.js'
import {
  parseNptTime,
  parseSmpteTime,
  parseUtcTime,
  type SmpteTime,
  serializeNptTime,
  serializeSmpteTime,
  serializeUtcTime,
} from './range-time.js'

/** Range of normal play time: seconds from the beginning of the presentation, with fractions (RFC 2326 section 3.6). */
export interface NptRange {
  readonly unit: 'npt'
  /** Start of the range in seconds; `undefined` in `npt=-7`, which has only an end. */
  readonly start: number | 'now' | undefined
  /**
   * End of the range in seconds; the range ends just before it. `undefined` if the range is open.
   */
  readonly end: number | undefined
}

/** Range of wall-clock time (RFC 2326 section 3.7). */
export interface ClockRange {
  readonly unit: 'clock'
  /** Start of the range in milliseconds since 1970, with fractions; negative before. */
  readonly start: number
  readonly end: number | undefined
}

/** Range of positions that are counts of frames (RFC 2326 section 3.5). */
export interface SmpteRange {
  readonly unit: 'smpte' | 'smpte-30-drop' | 'smpte-25'
  readonly start: SmpteTime
  readonly end: SmpteTime | undefined
}

/** Value of a Range header, without its `time` parameter. */
export type RtspRange = NptRange | ClockRange | SmpteRange

function refuse(expected: string, got: string): never {
  throw new RequestError(
    'ERR_HEADER_VALUE',
    `Range: expected ${expected}, got ${quoteReceived(got)}`,
    { context: { header: 'Range' } },
  )
}

function refuseOrder(got: string): never {
  throw new RequestError(
    'ERR_RANGE',
    `Range: expected an end that is not before the start, got ${quoteReceived(got)}`,
    { context: { header: 'Range' } },
  )
}

/** Splits the text of a range such as `a-b` into start and end; the end is empty if the range is open. */
function splitEnds(text: string): readonly [start: string, end: string] {
  const dash = text.indexOf('-')
  if (dash === -1) refuse('a range with a "-"', text)
  return [trimLinearSpace(text.slice(0, dash)), trimLinearSpace(text.slice(dash + 1))]
}

function parseNptRange(text: string, isReverse: boolean): NptRange {
  const [startText, endText] = splitEnds(text)
  const start = startText.toLowerCase() === 'now' ? 'now' : parseNptTime(startText)
  const end = parseNptTime(endText)
  const isStartGood = start !== undefined || (startText === '' && endText !== '')
  if (!isStartGood || (end === undefined && endText !== '')) refuse('npt=start-end', text)
  if (typeof start === 'number' && end !== undefined && !isReverse && end < start) refuseOrder(text)
  return { unit: 'npt', start, end }
}

function parseClockRange(text: string, isReverse: boolean): ClockRange {
  const [startText, endText] = splitEnds(text)
  const start = parseUtcTime(startText)
  const end = parseUtcTime(endText)
  if (start === undefined || (end === undefined && endText !== '')) {
    return refuse('clock=YYYYMMDDThhmmss[.f]Z-', text)
  }
  if (end !== undefined && !isReverse && end < start) refuseOrder(text)
  return { unit: 'clock', start, end }
}

/** Returns a number by which two frame positions with the same frame rate can be compared. */
const smpteOrder = (time: SmpteTime): number =>
  (((time.hours * 60 + time.minutes) * 60 + time.seconds) * 100 + time.frames) * 100 +
  time.subframes

function parseSmpteRange(unit: SmpteRange['unit'], text: string): SmpteRange {
  const [startText, endText] = splitEnds(text)
  const start = parseSmpteTime(startText)
  const end = parseSmpteTime(endText)
  if (start === undefined || (end === undefined && endText !== '')) {
    return refuse('smpte=hh:mm:ss:ff-', text)
  }
  if (end !== undefined && smpteOrder(end) < smpteOrder(start)) refuseOrder(text)
  return { unit, start, end }
}

/**
 * Parses the value of a Range header with one range; `;time=` is ignored.
 *
 * RFC 2326 section 12.29 allows a list of ranges; a list is refused here as not understood.
 *
 * @param isReverse - True for a range that is played backwards: its end may be before its start.
 * @throws {RequestError} `ERR_RANGE_UNIT` for an unknown unit, `ERR_RANGE` if the end is before the start,
 *   `ERR_HEADER_VALUE` for any other error.
 */
export function parseRange(value: string, isReverse = false): RtspRange {
  const semicolon = value.indexOf(';')
  const specifier = semicolon === -1 ? value : value.slice(0, semicolon)
  const equals = specifier.indexOf('=')
  const unit = trimLinearSpace(specifier.slice(0, Math.max(equals, 0))).toLowerCase()
  if (!isToken(unit)) refuse('unit=start-end', value)
  const text = trimLinearSpace(specifier.slice(equals + 1))
  switch (unit) {
    case 'npt':
      return parseNptRange(text, isReverse)
    case 'clock':
      return parseClockRange(text, isReverse)
    case 'smpte':
    case 'smpte-30-drop':
    case 'smpte-25':
      return parseSmpteRange(unit, text)
    default:
      throw new RequestError(
        'ERR_RANGE_UNIT',
        `Range: expected npt, clock or smpte, got ${quoteReceived(unit)}`,
        { context: { header: 'Range' } },
      )
  }
}

function checkSeconds(value: number): number {
  if (!Number.isFinite(value) || value < 0) {
    throw new RangeError(`npt must be 0 seconds or more, got ${value}`)
  }
  return value
}

function serializeNptRange(range: NptRange): string {
  const { start, end } = range
  const startText =
    typeof start === 'number' ? serializeNptTime(checkSeconds(start)) : (start ?? '')
  return `npt=${startText}-${end === undefined ? '' : serializeNptTime(checkSeconds(end))}`
}

/**
 * Serializes the value of a Range header.
 *
 * @throws {RangeError} when a time is negative, not finite, or not within the years 0 to 9999.
 */
export function serializeRange(range: RtspRange): string {
  switch (range.unit) {
    case 'npt':
      return serializeNptRange(range)
    case 'clock': {
      const end = range.end === undefined ? '' : serializeUtcTime(range.end)
      return `clock=${serializeUtcTime(range.start)}-${end}`
    }
    default: {
      const end = range.end === undefined ? '' : serializeSmpteTime(range.end)
      return `${range.unit}=${serializeSmpteTime(range.start)}-${end}`
    }
  }
}
