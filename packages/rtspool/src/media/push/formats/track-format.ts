import type { UnitSplitter } from '../../../rtp/index.js'
import type { MediaDescription } from '../../../sdp/index.js'
import type { CodedTrack, CodedUnit } from '../../coded/coded-track.js'

/** A picture or piece of sound that has been read from the bytes of an application. */
export interface ReadUnit extends CodedUnit {
  /** Duration of the unit in ticks of the clock rate; 0 if the format does not know it. */
  readonly ticks: number
}

/** Reads the bytes that an application writes to one track. */
export interface UnitReader {
  /**
   * Track with description and RTP packetizer for the units read last; `undefined` while parameters such as the
   * sampling rate are unknown.
   */
  readonly coded: CodedTrack | undefined
  /** True if the description of `coded` contains all parameters that a decoder needs, such as SPS and PPS. */
  readonly isComplete: boolean
  /** Duration, in ticks of the clock rate, of samples read so far that do not fill a packet, and wait for more. */
  readonly pendingTicks: number
  /**
   * Reads the bytes of one write. The returned units begin {@link pendingTicks} before these bytes, and may share their
   * memory.
   *
   * @param isKey - Statement of the application that a decoder can begin with the unit. @default read from the bytes
   * @returns `undefined` if the bytes cannot be read, or their parameters are unknown.
   */
  read(bytes: Uint8Array, isKey?: boolean): readonly ReadUnit[] | undefined
  /** Removes the samples that wait for more, and returns them as a unit; `undefined` if there are none. */
  flush(): ReadUnit | undefined
}

/** Encoding of a track that an application writes in access units: `h264()`, `aac()`, … */
export interface UnitFormat {
  /** Name of the encoding in `a=rtpmap`. */
  readonly encoding: string
  readonly kind: 'video' | 'audio'
  /** Duration in seconds of one access unit that is written without a time; `undefined` if it is not known. */
  readonly unitSeconds?: number | undefined
  /** @internal Creates a reader for the access units that an application writes to one track. */
  open(payloadType: number): UnitReader
  /**
   * @internal Creates a splitter, which cuts a byte stream into access units; absent if the format has no byte stream.
   */
  split?(): UnitSplitter
}

/** A track that an application writes in RTP packets of its own: `rtp(description)`. */
export interface RtpFormat {
  readonly encoding: 'rtp'
  readonly description: MediaDescription
}

export type TrackFormat = UnitFormat | RtpFormat

export const isRtpFormat = (format: TrackFormat): format is RtpFormat => !('open' in format)
