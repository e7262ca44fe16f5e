import type { AccessUnit } from './access-unit.js'
import type { TrackInfo } from './track.js'

/**
 * State of a media. `idle`: described but not started. `starting`: its source has been asked to start. `playing`: its
 * source runs. `ended`: final.
 */
export type MediaState = 'idle' | 'starting' | 'playing' | 'ended'

/** A presentation from one source to its viewers; its properties are read at the time of access. */
export interface MediaInfo {
  /** Public id of the media for logs and APIs: 22 characters. */
  readonly publicId: string
  /** Decoded path of the presentation. */
  readonly path: string
  readonly state: MediaState
  readonly tracks: readonly TrackInfo[]
  /** Length of a stored presentation in seconds; `undefined` for a live one. */
  readonly durationSeconds: number | undefined
  /** Number of streams set up on the media by viewers and its publisher, playing or not. */
  readonly participantCount: number
  readonly createdTime: Date
  /** Time at which the source of the media started; `undefined` before. */
  readonly startedTime: Date | undefined
  /**
   * Time since which the media has been without its source while viewers stay; `undefined` while the source delivers.
   */
  readonly awaySince: Date | undefined
  /**
   * Announces that the next packets come from another source. On all tracks, viewers see sequence
   * numbers and timestamps continue.
   */
  expectNewSource(): void
  /**
   * Returns the last key frame that is kept for new viewers, without joining the media: the call
   * starts no source, and keeps none running. Its cost is that of the packets of one picture.
   *
   * @param track - @default the first track with key frames
   * @returns `undefined` while no whole key frame is kept: before the first one, while one arrives,
   *   without a `gopCache`, and for a stored presentation. With intra refresh, the picture may have
   *   parts that only later pictures fill.
   * @throws {TypeError} The track belongs to another media.
   */
  readKeyFrame(track?: TrackInfo): AccessUnit | undefined
  /**
   * Ends the media: its viewers leave with reason `mediaEnded`, and the source is closed.
   * Idempotent.
   *
   * @returns Promise that resolves when the source is closed.
   */
  end(): Promise<void>
  toJSON(): MediaSummary
}

/** A media as `JSON.stringify` and `console.log` show it. */
export interface MediaSummary
  extends Pick<
    MediaInfo,
    | 'publicId'
    | 'path'
    | 'state'
    | 'durationSeconds'
    | 'participantCount'
    | 'createdTime'
    | 'startedTime'
    | 'awaySince'
  > {
  readonly tracks: readonly TrackSummary[]
}

/** A track as `JSON.stringify` and `console.log` show it. */
export interface TrackSummary
  extends Pick<
    TrackInfo,
    | 'index'
    | 'clockRate'
    | 'ssrc'
    | 'packetCount'
    | 'octetCount'
    | 'invalidPackets'
    | 'unlistedPackets'
    | 'readerCount'
  > {
  /** Media type in the session description: `video`, `audio`, `application`, … */
  readonly kind: string
  /** Encoding of the track's first payload type, as spelled in the session description; `undefined` if it has none. */
  readonly encoding: string | undefined
}
