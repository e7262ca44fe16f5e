import type { UnitSplitter } from '../../../rtp/index.js'
import type { MediaDescription } from '../../../sdp/index.js'
import type { CodedTrack, CodedUnit } from '../../coded/coded-track.js'

/** A unit that has been read from written bytes. */
export interface ReadUnit extends CodedUnit {
  /** Duration in ticks of the clock rate, if the format knows it; otherwise 0. */
  readonly ticks: number
}

/** Reads the bytes that an application writes to one track. */
export interface UnitReader {
  /** Description and payloader for the units read last; `undefined` while their parameters are unknown. */
  readonly coded: CodedTrack | undefined
  /** True if the description contains all parameters of the stream. */
  readonly isComplete: boolean
  /** Ticks of samples that wait for more, because they do not fill a packet. */
  readonly pendingTicks: number
  /**
   * Reads one write of the application. The units begin {@link pendingTicks} before it, and may share its memory.
   *
   * @param isKey - Statement of the application. @default read from the bytes
   * @returns `undefined` if the bytes cannot be read, or their parameters are unknown.
   */
  read(bytes: Uint8Array, isKey?: boolean): readonly ReadUnit[] | undefined
  /** Returns the samples that wait for more as a unit, and forgets them. */
  flush(): ReadUnit | undefined
}

/** Encoding of a track that an application writes in access units: `h264()`, `aac()`, … */
export interface UnitFormat {
  /** Name of the encoding in `a=rtpmap`. */
  readonly encoding: string
  readonly kind: 'video' | 'audio'
  /** Duration of one unit in seconds, for units without a time; `undefined` if it is not known. */
  readonly unitSeconds?: number | undefined
  /** @internal Creates a reader for one track. */
  open(payloadType: number): UnitReader
  /** @internal Creates a splitter for a byte stream; absent if the format has no byte stream. */
  split?(): UnitSplitter
}

/** A track that an application writes in RTP packets of its own: `rtp(description)`. */
export interface RtpFormat {
  readonly encoding: 'rtp'
  readonly description: MediaDescription
}

export type TrackFormat = UnitFormat | RtpFormat

export const isRtpFormat = (format: TrackFormat): format is RtpFormat => !('open' in format)
