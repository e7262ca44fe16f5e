import type { MediaDescription } from '../../../sdp/index.js'

/** One picture, or one piece of sound, as stored in the file. */
export interface AccessUnit {
  readonly bytes: Uint8Array
  /** `true` if a decoder can start with this unit. */
  readonly isKey: boolean
  /** Presentation time in seconds of the file; negative for units that are sent ahead of 0. */
  readonly seconds: number
  readonly durationSeconds: number
}

/** Random start values of the RTP stream of a track (RFC 3550 section 5.1). */
export interface PayloaderStart {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Creates the RTP packets of one access unit; `timestamp` in ticks, taken modulo 2^32. */
export type Packetize = (unit: AccessUnit, timestamp: number) => Buffer[]

/** A track of a file that can be sent. */
export interface FileTrack {
  readonly description: MediaDescription
  /** Ticks per second of the RTP timestamps. */
  readonly clockRate: number
  /**
   * Number of access units to look ahead for an earlier presentation time; 0 if all are in order.
   */
  readonly lookAhead: number
  /** End of the last access unit, in seconds. */
  readonly endSeconds: number
  /**
   * Yields access units in decoding order; each call reads from the file again.
   *
   * @param fromSeconds - Time at or before which the first unit lies: the last one with which a
   *   decoder can start, or else the very first.
   * @default the first unit
   */
  accessUnits(fromSeconds?: number): AsyncIterable<AccessUnit>
  /** Creates a payloader for one playback of the file. */
  createPayloader(start: PayloaderStart): Packetize
}

/** A track read from a file, as input for the codecs of this folder. */
export interface ReadTrack {
  readonly endSeconds: number
  /** Bytes of the first unit with which a decoder can start. */
  readonly firstKeyFrame: Uint8Array
  /** Access units, as in {@link FileTrack.accessUnits}. */
  readonly accessUnits: (fromSeconds?: number) => AsyncIterable<AccessUnit>
}
