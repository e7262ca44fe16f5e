import { RequestError } from '../../errors.js'
import { parseRange, type RtspHeaders, serializeRange } from '../../rtsp/index.js'

/** How a client names a time of live media. */
export type LiveRangeUnit = 'npt' | 'clock'

/**
 * The range of live media that play, which have one position: now. It has the unit that was asked for (RFC 2326 section
 * 12.29).
 *
 * @param unixMs - Of what is sent first.
 */
export function liveRange(unit: LiveRangeUnit, unixMs: number): string {
  return unit === 'npt' ? 'npt=now-' : serializeRange({ unit, start: unixMs, end: undefined })
}

/**
 * Checks the range of a PLAY or RECORD on live media. Whoever asks for the beginning gets the present, because
 * clients that know nothing of the media do (FFmpeg 5.1: `npt=0.000-`; GStreamer in `onvif-mode`:
 * `clock=19000101T000000Z-`).
 *
 * @param unixMs - Now: a clock range that begins before it and has no end is the present.
 * @returns The unit to answer in.
 * @throws {RequestError} `ERR_HEADER_VALUE`, `ERR_RANGE`; `ERR_RANGE_UNIT` for what is neither npt nor clock,
 * `ERR_RANGE_NOT_APPLICABLE` for another point than the beginning and the present, `ERR_RANGE` for a time to come and
 * for a time in the past that ends.
 */
export function checkLiveRange(headers: RtspHeaders, unixMs: number): LiveRangeUnit {
  const value = headers.get('Range')
  if (value === undefined) return 'npt'
  const range = parseRange(value)
  switch (range.unit) {
    case 'npt':
      if (range.start === 0 || range.start === 'now') return range.unit
      throw new RequestError('ERR_RANGE_NOT_APPLICABLE', 'Range: live media play from now on')
    case 'clock':
      if (range.start <= unixMs && range.end === undefined) return range.unit
      throw new RequestError('ERR_RANGE', 'Range: live media play from now on, without an end')
    default:
      throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt or clock, got ${range.unit}`)
  }
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
