import { RequestError } from '../errors.js'
import { parseRange, type RtspHeaders } from '../rtsp/index.js'

/** Live media have one position: now. */
export const liveRange = 'npt=now-'

/**
 * Checks the range of a PLAY or RECORD on live media. Whoever asks for the beginning gets the present, because
 * clients that know nothing of the media do (FFmpeg 5.1: `npt=0.000-`).
 *
 * @throws {RequestError} `ERR_HEADER_VALUE`, `ERR_RANGE`; `ERR_RANGE_UNIT` for what is not npt,
 * `ERR_RANGE_NOT_APPLICABLE` for another point than the beginning and the present.
 */
export function checkLiveRange(headers: RtspHeaders): void {
  const value = headers.get('Range')
  if (value === undefined) return
  const range = parseRange(value)
  if (range.unit !== 'npt') {
    throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt, got ${range.unit}`)
  }
  if (range.start === 0 || range.start === 'now') return
  throw new RequestError('ERR_RANGE_NOT_APPLICABLE', 'Range: live media play from now on')
}

/**
 * Checks the point at which a PAUSE of live media is to take effect: it can only be now.
 *
 * @throws {RequestError} As {@link checkLiveRange}, but `ERR_RANGE` for another point (RFC 2326 section 10.6).
 */
export function checkLivePausePoint(headers: RtspHeaders): void {
  const value = headers.get('Range')
  if (value === undefined) return
  // One point and no range: it may come without the dash.
  const range = parseRange(value.includes('-') ? value : `${value}-`)
  if (range.unit !== 'npt') {
    throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt, got ${range.unit}`)
  }
  if (range.start !== 'now') {
    throw new RequestError('ERR_RANGE', 'Range: live media can be paused now and at no other time')
  }
}
