import type { MediaDescription } from '../../../sdp/index.js'

/** One picture, or one unit of sound, as stored in the file. */
export interface AccessUnit {
  readonly bytes: Uint8Array
  /** True if a decoder can begin with this unit. */
  readonly isKey: boolean
  /** Presentation time in seconds of the file. Negative for units that are sent before time 0. */
  readonly seconds: number
  readonly durationSeconds: number
}

/** Random start values for the RTP packets of a track (RFC 3550 section 5.1). */
export interface PayloaderStart {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Creates the RTP packets of one access unit. `timestamp` is in ticks, and is taken modulo 2^32. */
export type Packetize = (unit: AccessUnit, timestamp: number) => Buffer[]

/** A track of a file that can be sent. */
export interface FileTrack {
  readonly description: MediaDescription
  /** Clock rate of the RTP timestamps, in ticks per second. */
  readonly clockRate: number
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
  /** Creates a payloader for one playback of the file. */
  createPayloader(start: PayloaderStart): Packetize
}

/** A track as it is read from the file, from which the functions of this folder make a {@link FileTrack}. */
export interface ReadTrack {
  readonly endSeconds: number
  /** Bytes of the first unit with which a decoder can begin. */
  readonly firstKeyFrame: Uint8Array
  /** Yields access units like {@link FileTrack.accessUnits}. */
  readonly accessUnits: (fromSeconds?: number) => AsyncIterable<AccessUnit>
}
