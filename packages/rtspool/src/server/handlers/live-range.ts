import { RequestError } from '../../errors.js'
import { parseRange, type ReadonlyRtspHeaders, serializeRange } from '../../rtsp/index.js'

/** Unit in which a client writes positions of live media. */
export type LiveRangeUnit = 'npt' | 'clock'

/**
 * Formats the Range of live media that play: their only position is the present. Uses the unit of
 * the request (RFC 2326 section 12.29).
 *
 * @param unixMs - Time of the first packet sent.
 */
export function liveRange(unit: LiveRangeUnit, unixMs: number): string {
  return unit === 'npt' ? 'npt=now-' : serializeRange({ unit, start: unixMs, end: undefined })
}

/**
 * Checks the Range of a PLAY or RECORD on live media. The beginning counts as the present, because
 * clients without knowledge of the media request it (FFmpeg 5.1: `npt=0.000-`; GStreamer in
 * `onvif-mode`: `clock=19000101T000000Z-`).
 *
 * @param unixMs - Present time: a clock range that begins earlier and has no end is accepted.
 * @returns The unit of the response.
 * @throws {RequestError} `ERR_HEADER_VALUE`. `ERR_RANGE_UNIT` for units other than npt and clock.
 *   `ERR_RANGE_NOT_APPLICABLE` for positions other than the beginning and the present. `ERR_RANGE`
 *   for a future time, and for a past time with an end.
 */
export function checkLiveRange(headers: ReadonlyRtspHeaders, unixMs: number): LiveRangeUnit {
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
 * Checks the position at which a PAUSE of live media takes effect. Only the present is possible.
 *
 * @throws {RequestError} As {@link checkLiveRange}, but `ERR_RANGE` for another position (RFC 2326
 *   section 10.6).
 */
export function checkLivePausePoint(headers: ReadonlyRtspHeaders): void {
  const value = headers.get('Range')
  if (value === undefined) return
  // A point instead of a range: clients may omit the dash.
  const range = parseRange(value.includes('-') ? value : `${value}-`)
  if (range.unit !== 'npt') {
    throw new RequestError('ERR_RANGE_UNIT', `Range: expected npt, got ${range.unit}`)
  }
  if (range.start !== 'now') {
    throw new RequestError('ERR_RANGE', 'Range: live media can be paused now and at no other time')
  }
}
