import type { TrackInfo } from './track.js'

/**
 * `idle` is described and not started; `playing` has a running source; `ended` delivers no more, for good.
 */
export type MediaState = 'idle' | 'starting' | 'playing' | 'ended'

/** A presentation that flows from one source to its viewers, as it stands at the moment of the look. */
export interface MediaInfo {
  /** 22 characters that name the media in logs and APIs. */
  readonly publicId: string
  /** Decoded path of the presentation. */
  readonly path: string
  readonly state: MediaState
  readonly tracks: readonly TrackInfo[]
  /** Length of a stored presentation in seconds; `undefined` for a live one. */
  readonly durationSeconds: number | undefined
  /** Streams that are set up on the media, of viewers and of its publisher, playing or not. */
  readonly participantCount: number
  readonly createdTime: Date
  /** Time at which the source had started; `undefined` before. */
  readonly startedTime: Date | undefined
  /** Says that the next packets come from another source: the tracks continue their timelines from here on. */
  expectNewSource(): void
  /**
   * Ends the media: its viewers leave with reason `mediaEnded`, and the source is closed. Idempotent.
   *
   * @returns Resolves when the source is closed.
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
  /** `video`, `audio`, `application`, … */
  readonly kind: string
  /** Encoding of the first payload type, as the description writes it. */
  readonly encoding: string | undefined
}
