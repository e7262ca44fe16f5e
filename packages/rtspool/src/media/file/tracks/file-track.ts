import type { MediaDescription } from '../../../sdp/index.js'

/** One picture, or one piece of sound, as the file has it. */
export interface AccessUnit {
  readonly bytes: Uint8Array
  /** Whether a decoder can start here. */
  readonly isKey: boolean
  /** Presentation time in seconds of the file; what goes out in front of 0 has negative ones. */
  readonly seconds: number
  readonly durationSeconds: number
}

/** Where the RTP stream of a track starts: random values (RFC 3550 section 5.1). */
export interface PayloaderStart {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Makes the RTP packets of one access unit; `timestamp` in ticks, taken modulo 2^32. */
export type Packetize = (unit: AccessUnit, timestamp: number) => Buffer[]

/** A track of a file that can be sent. */
export interface FileTrack {
  readonly description: MediaDescription
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  /** Access units to look ahead for an earlier presentation time; 0 where none is out of order. */
  readonly lookAhead: number
  /** End of the last access unit, in seconds. */
  readonly endSeconds: number
  /**
   * Access units in decoding order; each call reads them anew.
   *
   * @param fromSeconds - Begins with the last unit at or before this time that a decoder can start with, or with
   * the first one of all.
   * @default the first one
   */
  accessUnits(fromSeconds?: number): AsyncIterable<AccessUnit>
  /** A payloader of its own for each time the file is played. */
  createPayloader(start: PayloaderStart): Packetize
}

/** What the tracks of this folder need of a track in a file. */
export interface ReadTrack {
  readonly endSeconds: number
  /** Bytes of the first unit that a decoder can start with. */
  readonly firstKeyFrame: Uint8Array
  /** As {@link FileTrack.accessUnits}. */
  readonly accessUnits: (fromSeconds?: number) => AsyncIterable<AccessUnit>
}
