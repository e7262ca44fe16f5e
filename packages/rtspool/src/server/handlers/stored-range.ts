import { RequestError } from '../../errors.js'
import type { PlayManner, PlayRange } from '../../media/media-source.js'
import type { Playback } from '../../media/playback.js'
import { parseRange, type ReadonlyRtspHeaders, serializeRange } from '../../rtsp/index.js'
import { isSameManner } from './play-manner.js'

/**
 * Unit in which a client writes positions in a Range header. `npt` = seconds from the beginning of the presentation,
 * `clock` = wall clock, `nptFrom1900` = seconds since 1900, written as `npt` (GStreamer 1.22).
 */
export type StoredRangeUnit = 'npt' | 'clock' | 'nptFrom1900'

/** Seconds from 1900, the origin of NTP, to 1970. */
const ntpEpochSeconds = 2_208_988_800

/**
 * Wall-clock time at which a stored presentation begins (`clockStartMs`), with which positions are converted between
 * units.
 */
type Placed = Pick<Playback, 'clockStartMs'>

/**
 * Formats a Range header from a range in seconds since the beginning of the presentation. A range to `Infinity` is
 * written without an end.
 */
export function storedRange(
  unit: StoredRangeUnit,
  { clockStartMs = 0 }: Placed,
  { startSeconds, endSeconds }: PlayRange,
): string {
  const place = (seconds: number): number => {
    if (unit === 'npt') return Math.max(0, seconds)
    const unixMs = clockStartMs + seconds * 1000
    return unit === 'clock' ? unixMs : unixMs / 1000 + ntpEpochSeconds
  }
  const end = endSeconds === Number.POSITIVE_INFINITY ? undefined : place(endSeconds)
  const start = place(startSeconds)
  return unit === 'clock'
    ? serializeRange({ unit, start, end })
    : serializeRange({ unit: 'npt', start, end })
}

/** A range as a client has requested it, in seconds from the beginning of the presentation. */
interface AskedRange {
  readonly unit: StoredRangeUnit
  readonly start: number | 'now' | undefined
  readonly end: number | undefined
}

/** Range that a PLAY plays, and the unit in which the response states the range. */
export interface SoughtRange {
  readonly unit: StoredRangeUnit
  /** Range to play after a seek; `undefined` to continue at the present position. */
  readonly range: PlayRange | undefined
}

/**
 * Determines the range that a PLAY requests of a stored presentation (RFC 2326 section 10.5).
 *
 * Without a range, or with `npt=now-`:
 * - after a PAUSE, playback continues to the same end,
 * - after the end of a range, playback continues from there to the end of the presentation,
 * - after the end of the presentation, playback restarts from the beginning.
 *
 * With another manner, such as a new Scale, playback continues at the present position. A range of wall-clock time may
 * begin before the presentation: clients without knowledge of it ask so (GStreamer: `clock=19000101T000000Z-`).
 * A presentation that grows has no end yet: any position in it may be requested, and without an end the range is
 * `Infinity` long.
 *
 * @param unit - Unit of a response to a request without a range.
 * @throws {RequestError} `ERR_HEADER_VALUE`. `ERR_RANGE_UNIT` for units other than npt, and clock if the times are
 *   known. `ERR_RANGE` outside the presentation.
 */
export function soughtRange(
  headers: ReadonlyRtspHeaders,
  playback: Playback,
  manner: PlayManner,
  unit: StoredRangeUnit,
): SoughtRange {
  const { durationSeconds, positionSeconds, lengthSeconds } = playback
  const isReverse = manner.scale < 0
  const asked = askedRange(headers, playback, isReverse, unit)
  if (asked.start === 'now' && asked.end === undefined) {
    const isSame = isSameManner(manner, playback.manner)
    if (isSame && (playback.isPlaying || playback.isPaused)) {
      return { unit: asked.unit, range: undefined }
    }
  }
  const [first, last] = isReverse ? [durationSeconds, 0] : [0, lengthSeconds]
  const isOver = isReverse ? positionSeconds <= 0 : positionSeconds >= lengthSeconds
  const start = typeof asked.start === 'number' ? asked.start : isOver ? first : positionSeconds
  const startSeconds = within(start, lengthSeconds, isReverse)
  const endSeconds = Math.min(Math.max(asked.end ?? last, 0), lengthSeconds)
  // Half open (RFC 2326 section 12.29): the end itself is excluded.
  const isPart = isReverse ? startSeconds > endSeconds : startSeconds < endSeconds
  if (isPart) return { unit: asked.unit, range: { startSeconds, endSeconds } }
  const whole = storedRange(asked.unit, playback, { startSeconds: 0, endSeconds: lengthSeconds })
  throw new RequestError('ERR_RANGE', `Range: expected a part of ${whole}`)
}

/**
 * Returns a start in seconds that is not before the presentation. If played backwards, the returned start is not behind
 * the presentation.
 */
const within = (start: number, durationSeconds: number, isReverse: boolean): number =>
  isReverse ? Math.min(start, durationSeconds) : Math.max(start, 0)

function askedRange(
  headers: ReadonlyRtspHeaders,
  playback: Placed,
  isReverse: boolean,
  unit: StoredRangeUnit,
): AskedRange {
  const value = headers.get('Range')
  return value === undefined
    ? { unit, start: 'now', end: undefined }
    : parseStored(value, playback, isReverse)
}

/**
 * Returns the position at which a PAUSE takes effect (RFC 2326 section 10.6), and the unit of the response.
 *
 * @returns Seconds; `undefined` for the present position.
 * @throws {RequestError} As {@link soughtRange}; `ERR_RANGE` for a position that will not be
 *   played.
 */
export function pausePoint(
  headers: ReadonlyRtspHeaders,
  playback: Playback,
): { readonly unit: StoredRangeUnit; readonly seconds: number | undefined } {
  const value = headers.get('Range')
  if (value === undefined) return { unit: 'npt', seconds: undefined }
  // A point instead of a range: clients may omit the dash.
  const { unit, start } = parseStored(value.includes('-') ? value : `${value}-`, playback, false)
  if (start === 'now') return { unit, seconds: undefined }
  const { startSeconds, endSeconds } = playback.range
  const [from, to] = [Math.min(startSeconds, endSeconds), Math.max(startSeconds, endSeconds)]
  const isPending = playback.isPlaying && start !== undefined && start >= from && start <= to
  if (isPending) return { unit, seconds: start }
  throw new RequestError('ERR_RANGE', 'Range: expected a point that is going to be played')
}

/**
 * Matches a position before the beginning, which FFmpeg 5.1 writes as `npt=0.-130-`: `-ss 0` leads
 * there for video with B-frames.
 */
const ffmpegBeforeBeginning = /^npt=0\.-\d{1,3}-/

function parseStored(value: string, { clockStartMs }: Placed, isReverse: boolean): AskedRange {
  const range = parseRange(value.replace(ffmpegBeforeBeginning, 'npt=0-'), isReverse)
  const expected = clockStartMs === undefined ? 'npt' : 'npt or clock'
  if (range.unit === 'clock' && clockStartMs !== undefined) {
    const end = range.end === undefined ? undefined : (range.end - clockStartMs) / 1000
    return { unit: 'clock', start: (range.start - clockStartMs) / 1000, end }
  }
  if (range.unit !== 'npt') {
    throw new RequestError('ERR_RANGE_UNIT', `Range: expected ${expected}, got ${range.unit}`)
  }
  if (clockStartMs === undefined || typeof range.start !== 'number') return range
  if (range.start < ntpEpochSeconds) return range
  // GStreamer 1.22 without onvif-mode reads `a=range:clock=`, and writes such times as npt from 1900 on.
  const beginSeconds = clockStartMs / 1000 + ntpEpochSeconds
  const end = range.end === undefined ? undefined : range.end - beginSeconds
  return { unit: 'nptFrom1900', start: range.start - beginSeconds, end }
}
