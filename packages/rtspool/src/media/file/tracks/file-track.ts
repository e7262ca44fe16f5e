import type { CodedTrack, CodedUnit } from '../../coded/coded-track.js'

/** One picture, or one unit of sound, as stored in the file. */
export interface AccessUnit extends CodedUnit {
  /** Presentation time in seconds of the file. Negative for units that are sent before time 0. */
  readonly seconds: number
  readonly durationSeconds: number
}

/** A track of a file that can be sent. */
export interface FileTrack extends CodedTrack {
  /** Number of later access units that may have an earlier presentation time; 0 if all are in order. */
  readonly lookAhead: number
  /** Time at which the last access unit ends, in seconds. */
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

/** A track as it is read from the file, from which the functions of this folder make a {@link FileTrack}. */
export interface ReadTrack {
  readonly endSeconds: number
  /** Bytes of the first unit with which a decoder can begin. */
  readonly firstKeyFrame: Uint8Array
  /** Yields access units like {@link FileTrack.accessUnits}. */
  readonly accessUnits: (fromSeconds?: number) => AsyncIterable<AccessUnit>
}
