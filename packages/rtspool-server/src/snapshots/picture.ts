import type { AccessUnit, MediaInfo, TrackInfo } from 'rtspool'
import { encodingOf, trackCoding } from '../codec/track-coding.js'
import type { VideoCoding } from '../codec/video-coding.js'
import { fragmentBytes, type Sample, writeFragment } from '../fmp4/fragment.js'
import { initSegment } from '../fmp4/init-segment.js'
import { SnapshotError } from './snapshot-error.js'

/** Pixels of the largest picture of H.264 and H.265, at level 6.2 (H.264 table A-1). */
export const maxPixels = 139_264 * 16 * 16

/** A key frame as an MP4 file of its own. */
export interface Picture {
  readonly mp4: Buffer
  /** Differs between two key frames of one media. */
  readonly id: string
  /** Wall clock of the source at the picture, in milliseconds since 1970; `undefined` if unknown. */
  readonly unixTimeMs: number | undefined
}

/** Returns whether key frames of a track can become pictures. */
export const hasPictures = (track: TrackInfo): boolean => pictureCoding(track) !== undefined

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
  throw new SnapshotError('noPicture', `${path} has ${encodings}: a snapshot needs H264 or H265`)
}

/**
 * Writes a key frame to a fragmented MP4 that holds one picture, and shows it for a second.
 *
 * @throws {SnapshotError} `noPicture` without usable parameter sets.
 */
export function pictureOf({ track, parts, timestamp, unixTimeMs }: AccessUnit): Picture {
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
  const mp4 = Buffer.concat([initSegment([format]), fragment])
  return { mp4, id: `${track.index} ${track.ssrc} ${timestamp}`, unixTimeMs }
}
