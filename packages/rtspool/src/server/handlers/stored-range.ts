import { RequestError } from '../../errors.js'
import type { PlayRange } from '../../media/media-source.js'
import type { Playback } from '../../media/playback.js'
import { parseRange, type RtspHeaders, serializeRange } from '../../rtsp/index.js'

/** A range in the unit that the client used: npt is the only one. */
export const nptRange = ({ startSeconds, endSeconds }: PlayRange): string =>
  serializeRange({ unit: 'npt', start: startSeconds, end: endSeconds })

/**
 * What a PLAY of a stored presentation asks for (RFC 2326 section 10.5).
 *
 * Without a range, and with `npt=now-`, it goes on where it was paused, to the end that it had; from where an
 * earlier range ended, to the end of the presentation; and from the beginning when it is at the end of that.
 *
 * @returns What to seek; `undefined` when it is to go on, or goes on, where it is.
 * @throws {RequestError} `ERR_HEADER_VALUE`; `ERR_RANGE_UNIT` for what is not npt, `ERR_RANGE` for what lies outside
 * of the presentation.
 */
export function soughtRange(headers: RtspHeaders, playback: Playback): PlayRange | undefined {
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
  // Half open (RFC 2326 section 12.29): the end itself is not in it.
  if (startSeconds < endSeconds) return { startSeconds, endSeconds }
  const whole = nptRange({ startSeconds: 0, endSeconds: durationSeconds })
  throw new RequestError('ERR_RANGE', `Range: expected a part of ${whole}`)
}

/**
 * The point at which a PAUSE is to take effect (RFC 2326 section 10.6).
 *
 * @returns In seconds; `undefined` for now.
 * @throws {RequestError} As {@link soughtRange}; `ERR_RANGE` for a point that is not going to be played.
 */
export function pausePoint(headers: RtspHeaders, playback: Playback): number | undefined {
  const value = headers.get('Range')
  if (value === undefined) return undefined
  // One point and no range: it may come without the dash.
  const { start } = parseNpt(value.includes('-') ? value : `${value}-`)
  if (start === 'now') return undefined
  const { startSeconds, endSeconds } = playback.range
  const isPending =
    playback.isPlaying && start !== undefined && start >= startSeconds && start <= endSeconds
  if (isPending) return start
  throw new RequestError('ERR_RANGE', 'Range: expected a point that is going to be played')
}

/** FFmpeg 5.1 writes a time before the beginning, where `-ss 0` of video with B-frames ends up, as `npt=0.-130-`. */
const ffmpegBeforeBeginning = /^npt=0\.-\d{1,3}-/

function parseNpt(value: string) {
  const range = parseRange(value.replace(ffmpegBeforeBeginning, 'npt=0-'))
  if (range.unit === 'npt') return range
  throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt, got ${range.unit}`)
}
