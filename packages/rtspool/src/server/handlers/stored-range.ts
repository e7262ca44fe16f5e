import { RequestError } from '../../errors.js'
import type { PlayRange } from '../../media/media-source.js'
import type { Playback } from '../../media/playback.js'
import { parseRange, type ReadonlyRtspHeaders, serializeRange } from '../../rtsp/index.js'

/** Formats a Range header in npt, the only unit of stored presentations. */
export const nptRange = ({ startSeconds, endSeconds }: PlayRange): string =>
  serializeRange({ unit: 'npt', start: startSeconds, end: endSeconds })

/**
 * Determines the range that a PLAY requests of a stored presentation (RFC 2326 section 10.5).
 *
 * Without a range, or with `npt=now-`:
 * - after a PAUSE, playback continues to the same end,
 * - after the end of a range, playback continues from there to the end of the presentation,
 * - after the end of the presentation, playback restarts from the beginning.
 *
 * @returns The range to seek; `undefined` to continue at the present position.
 * @throws {RequestError} `ERR_HEADER_VALUE`. `ERR_RANGE_UNIT` for units other than npt. `ERR_RANGE`
 *   outside the presentation.
 */
export function soughtRange(
  headers: ReadonlyRtspHeaders,
  playback: Playback,
): PlayRange | undefined {
  const { durationSeconds, positionSeconds } = playback
  const value = headers.get('Range')
  const range = value === undefined ? undefined : parseNpt(value)
  const { start, end } = range ?? { start: 'now', end: undefined }
  if (start === 'now' && end === undefined) {
    if (playback.isPlaying || playback.isPaused) return undefined
    const startSeconds = positionSeconds < durationSeconds ? positionSeconds : 0
    return { startSeconds, endSeconds: durationSeconds }
  }
  const startSeconds = typeof start === 'number' ? start : positionSeconds
  const endSeconds = Math.min(end ?? durationSeconds, durationSeconds)
  // Half open (RFC 2326 section 12.29): the end itself is excluded.
  if (startSeconds < endSeconds) return { startSeconds, endSeconds }
  const whole = nptRange({ startSeconds: 0, endSeconds: durationSeconds })
  throw new RequestError('ERR_RANGE', `Range: expected a part of ${whole}`)
}

/**
 * Returns the position at which a PAUSE takes effect (RFC 2326 section 10.6).
 *
 * @returns Seconds; `undefined` for the present position.
 * @throws {RequestError} As {@link soughtRange}; `ERR_RANGE` for a position that will not be
 *   played.
 */
export function pausePoint(headers: ReadonlyRtspHeaders, playback: Playback): number | undefined {
  const value = headers.get('Range')
  if (value === undefined) return undefined
  // A point instead of a range: clients may omit the dash.
  const { start } = parseNpt(value.includes('-') ? value : `${value}-`)
  if (start === 'now') return undefined
  const { startSeconds, endSeconds } = playback.range
  const isPending =
    playback.isPlaying && start !== undefined && start >= startSeconds && start <= endSeconds
  if (isPending) return start
  throw new RequestError('ERR_RANGE', 'Range: expected a point that is going to be played')
}

/**
 * Matches a position before the beginning, which FFmpeg 5.1 writes as `npt=0.-130-`: `-ss 0` leads
 * there for video with B-frames.
 */
const ffmpegBeforeBeginning = /^npt=0\.-\d{1,3}-/

function parseNpt(value: string) {
  const range = parseRange(value.replace(ffmpegBeforeBeginning, 'npt=0-'))
  if (range.unit === 'npt') return range
  throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt, got ${range.unit}`)
}
