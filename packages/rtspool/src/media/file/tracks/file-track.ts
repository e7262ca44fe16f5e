import type { CodedTrack, CodedUnit } from '../../coded/coded-track.js'

/** One picture or one frame of sound, as stored in the file. */
export interface AccessUnit extends CodedUnit {
  /**
   * Presentation time in seconds on the file's timeline. Negative for pictures and sound that are sent before time 0.
   */
  readonly seconds: number
  readonly durationSeconds: number
}

/** A track of a media file that can be sent: its access units, their times, and how to packetize them. */
export interface FileTrack extends CodedTrack {
  /**
   * Number of following access units among which one may have an earlier presentation time (B-frames); 0 if all are in
   * order.
   */
  readonly lookAhead: number
  /** Time on the file's timeline at which the last access unit of the track ends, in seconds. */
  readonly endSeconds: number
  /**
   * Yields the access units in decoding order. Each call reads the file from the beginning or from `fromSeconds`.
   *
   * @param fromSeconds - The first unit is the last one at or before this time with which a decoder can begin, or
   *   else the very first.
   * @default the first unit
   */
  accessUnits(fromSeconds?: number): AsyncIterable<AccessUnit>
}

/**
 * Stored access units and times of a track, from which a function such as `h264FileTrack` makes a {@link FileTrack}.
 */
export interface ReadTrack {
  readonly endSeconds: number
  /** Bytes of the track's first access unit with which a decoder can begin. */
  readonly firstKeyFrame: Uint8Array
  /**
   * Yields the track's access units in decoding order, from the beginning or from `fromSeconds`; see
   * {@link FileTrack.accessUnits}.
   */
  readonly accessUnits: (fromSeconds?: number) => AsyncIterable<AccessUnit>
}
