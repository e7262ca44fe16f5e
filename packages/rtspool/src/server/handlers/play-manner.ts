import { RequestError } from '../../errors.js'
import { normalManner, type PlayManner } from '../../media/media-source.js'
import { parseCSeq, type ReadonlyRtspHeaders, type RtspRequest } from '../../rtsp/index.js'
import { requiresReplay } from '../request/replay-tag.js'
import { parseRate } from './rate-headers.js'

/**
 * Matches `intra/4000` in the header Frames: key frames only. Group 1 is the minimum time between key frames in
 * milliseconds.
 */
const intraWithInterval = /^intra\/(\d{1,9})$/i

/**
 * Returns the manner in which a PLAY wants a stored presentation. The headers are Scale and Speed (RFC 2326 sections
 * 12.34 and 12.35), Rate-Control and Frames (ONVIF Streaming Specification, section on replay). The header `Immediate`
 * is not read, because each PLAY takes effect at once.
 *
 * The client gets the RTP header extension of ONVIF if the PLAY requires `onvif-replay`, or has Rate-Control, as
 * `rtspsrc onvif-mode=true` of GStreamer 1.22 does.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` if one of these headers is malformed.
 */
export function playManner(request: RtspRequest): PlayManner {
  const { headers } = request
  const rateControl = headers.get('Rate-Control')?.trim().toLowerCase()
  if (rateControl !== undefined && rateControl !== 'yes' && rateControl !== 'no') {
    throw wrongHeader('Rate-Control', 'expected yes or no')
  }
  const isOnvif = rateControl !== undefined || requiresReplay(request)
  return {
    ...normalManner,
    ...framesOf(headers),
    scale: parseRate(headers, 'Scale') ?? 1,
    speed: parseRate(headers, 'Speed') ?? 1,
    rateControl: rateControl !== 'no',
    replayCSeq: isOnvif ? parseCSeq(headers.get('CSeq')) & 0xff : undefined,
  }
}

/**
 * Returns whether two PLAY requests ask for the same manner: scale, speed, rate control and frames. The CSeq of the
 * requests may differ.
 */
export const isSameManner = (one: PlayManner, other: PlayManner): boolean =>
  one.scale === other.scale &&
  one.speed === other.speed &&
  one.rateControl === other.rateControl &&
  one.frames === other.frames &&
  one.intraIntervalMs === other.intraIntervalMs &&
  (one.replayCSeq === undefined) === (other.replayCSeq === undefined)

function framesOf(headers: ReadonlyRtspHeaders): Partial<PlayManner> {
  const value = headers.get('Frames')?.trim().toLowerCase()
  if (value === undefined) return {}
  if (value === 'all') return { frames: 'all' }
  // Pictures that others refer to cannot be told apart in a file: all of them is more than was asked for, and plays.
  if (value === 'predicted') return { frames: 'all' }
  if (value === 'intra') return { frames: 'intra' }
  const [, interval] = intraWithInterval.exec(value) ?? []
  if (interval !== undefined) return { frames: 'intra', intraIntervalMs: Number(interval) }
  throw wrongHeader('Frames', 'expected intra, intra/4000 (milliseconds), predicted or all')
}

const wrongHeader = (header: string, problem: string): RequestError =>
  new RequestError('ERR_HEADER_VALUE', `${header}: ${problem}`, { context: { header } })
