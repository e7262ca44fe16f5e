import type { AccessUnit, MediaInfo, TrackInfo } from 'rtspool'
import { jpegOfPayloads } from '../codec/jpeg-payloads.js'
import { encodingOf, trackCoding } from '../codec/track-coding.js'
import type { VideoCoding } from '../codec/video-coding.js'
import { fragmentBytes, type Sample, writeFragment } from '../fmp4/fragment.js'
import { initSegment } from '../fmp4/init-segment.js'
import { SnapshotError } from './snapshot-error.js'

/** Pixels of the largest picture of H.264 and H.265, at level 6.2 (H.264 table A-1). */
export const maxPixels = 139_264 * 16 * 16

/** A key frame as a file of its own: as MP4, or as JPEG if the track is MJPEG. */
export type Picture = PictureFacts &
  (
    | { readonly mp4: Buffer; readonly jpeg?: undefined }
    | { readonly jpeg: Buffer; readonly mp4?: undefined }
  )

interface PictureFacts {
  /** Identifier of the key frame: two key frames of one media have different ones. */
  readonly id: string
  /** Wall clock of the source at the picture, in milliseconds since 1970; `undefined` if unknown. */
  readonly unixTimeMs: number | undefined
}

/** Returns whether key frames of a track can become pictures. */
export const hasPictures = (track: TrackInfo): boolean =>
  isMjpeg(track) || pictureCoding(track) !== undefined

const isMjpeg = (track: TrackInfo): boolean => encodingOf(track)?.toUpperCase() === 'JPEG'

function pictureCoding(track: TrackInfo): VideoCoding | undefined {
  const chosen = trackCoding(track)
  return chosen?.kind === 'video' ? chosen.coding : undefined
}

/**
 * Returns the first track whose key frames can become pictures.
 *
 * @throws {SnapshotError} `noPicture`, with the encodings of the media.
 */
export function pictureTrackOf({ tracks, path }: MediaInfo): TrackInfo {
  const track = tracks.find(hasPictures)
  if (track) return track
  const names = tracks.map((each) => encodingOf(each) ?? each.description.kind)
  const encodings = names.join(', ') || 'no track'
  throw new SnapshotError(
    'noPicture',
    `${path} has ${encodings}: a snapshot needs H264, H265 or JPEG`,
  )
}

/**
 * Writes a key frame to a file. A picture of MJPEG becomes a JPEG file as the camera has sent it.
 * Any other becomes a fragmented MP4 that holds one picture, and shows it for a second.
 *
 * @throws {SnapshotError} `noPicture` without usable parameter sets or tables.
 */
export function pictureOf(unit: AccessUnit): Picture {
  const { track, timestamp, unixTimeMs } = unit
  const facts = { id: `${track.index} ${track.ssrc} ${timestamp}`, unixTimeMs }
  return isMjpeg(track) ? { ...facts, jpeg: jpegOf(unit) } : { ...facts, mp4: mp4Of(unit) }
}

/** Joins the payloads of a picture of MJPEG to a JPEG file. @throws {SnapshotError} `noPicture` */
function jpegOf({ parts }: AccessUnit): Buffer {
  const file = jpegOfPayloads(parts)
  if (file) return file.bytes
  throw new SnapshotError('noPicture', 'the last picture is no JPEG of RFC 2435')
}

/** Writes a key frame of H.264 or H.265 to a fragmented MP4. @throws {SnapshotError} `noPicture` */
function mp4Of({ track, parts }: AccessUnit): Buffer {
  const coding = pictureCoding(track)
  const format = coding?.readFormat(parts)
  if (!coding || !format) {
    throw new SnapshotError('noPicture', 'the key frame has no usable parameter sets')
  }
  const { width, height } = format
  if (width * height > maxPixels) {
    const message = `a picture of ${width}x${height} is larger than H.265 allows`
    throw new SnapshotError('noPicture', message)
  }
  const pieces = coding.piecesOf(parts)
  const sample: Sample = {
    pieces,
    sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
    duration: track.clockRate,
    compositionOffset: 0,
    isSync: true,
  }
  const runs = [{ trackId: 1, decodeTime: 0, samples: [sample] }]
  const fragment = Buffer.allocUnsafe(fragmentBytes(runs))
  writeFragment(fragment, 0, 1, runs)
  return Buffer.concat([initSegment([format]), fragment])
}
