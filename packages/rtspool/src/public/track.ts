import type { MediaDescription } from '../sdp/index.js'

/** Numbers in the header of an RTP packet that give its place in a stream. */
export interface TrackPosition {
  readonly ssrc: number
  /** Sequence number of the RTP packet, 0 to 65535. */
  readonly sequenceNumber: number
  /** Timestamp in ticks of the track's clock rate, modulo 2^32. */
  readonly timestamp: number
}

/** One RTP stream of a media; its properties are read at the time of access. */
export interface TrackInfo {
  /** Index of the track in the session description, from 0. */
  readonly index: number
  readonly description: MediaDescription
  /** Clock rate of the track: ticks per second of its RTP timestamps. */
  readonly clockRate: number
  /** SSRC (synchronisation source) of the stream's packets; `undefined` until it is known. */
  readonly ssrc: number | undefined
  /** Number of RTP packets that the track has sent with the present SSRC. */
  readonly packetCount: number
  /** Number of payload octets sent with the present SSRC, without headers and padding. */
  readonly octetCount: number
  /** Number of packets dropped because they were not valid RTP, or too large for any transport. */
  readonly invalidPackets: number
  /**
   * Number of packets whose payload type the description does not list; they are sent nevertheless.
   */
  readonly unlistedPackets: number
  /** `true` if key frames of the encoding are recognised, so that viewers begin with one. */
  readonly hasKeyFrames: boolean
  /** Seconds between the timestamps of the last two key frames; `undefined` before the second one. */
  readonly keyFrameIntervalSeconds: number | undefined
  /** Number of viewers that play the track now; a multicast group counts as one. */
  readonly readerCount: number
}

/** Interface through which a source delivers the packets of one track of its media. */
export interface TrackOutput extends TrackInfo {
  /**
   * Sequence number of the next packet, with the timestamp of the last one; `undefined` if unknown.
   */
  readonly position: TrackPosition | undefined
  /**
   * Sets the position of the next packet before the packet is pushed, so that the response to PLAY
   * can contain the position (`RTP-Info`).
   *
   * @throws {RangeError} when a number does not fit into an RTP packet.
   */
  startAt(position: TrackPosition): void
  /**
   * Sends one RTP packet to all viewers of the track. Never throws.
   *
   * @param packet - Any `Uint8Array`, such as a `Buffer`. It belongs to the track from now on, and
   *   must not be changed or reused; see `MediaSource.start`.
   * @returns `false` for a packet that is no valid RTP, or exceeds 65,535 bytes: the track counts
   *   and drops it.
   */
  push(packet: Uint8Array): boolean
  /**
   * Sets the wall-clock time of an RTP timestamp for sender reports. `rtpTime` was captured now, or
   * at `clockMs` of `MediaOutput.clock`, at `unixMs` of the source's wall clock.
   */
  mapTime(unixMs: number, rtpTime: number, clockMs?: number): void
  /**
   * Sets the wall-clock time of an RTP timestamp from an RTCP sender report of a remote peer; otherwise like {@link
   * mapTime}. A report that contradicts the reports or packets before is ignored, and corrections are gradual.
   *
   * @param unixMs - Time in the report, in milliseconds since 1970.
   * @param rtpTime - RTP timestamp in the report.
   * @param clockMs - Arrival of the report in milliseconds of `MediaOutput.clock`.
   */
  mapReportedTime(unixMs: number, rtpTime: number, clockMs?: number): void
  /**
   * Returns the source's wall clock at an RTP timestamp, in milliseconds since 1970; `undefined`
   * before the first packet and `mapTime`.
   *
   * @param rtpTime - @default that of the last packet
   */
  unixTimeMsAt(rtpTime?: number): number | undefined
  /**
   * Returns the RTP timestamp at a time of the source's wall clock, in milliseconds since 1970;
   * `undefined` if unknown.
   */
  rtpTimeAt(unixMs: number): number | undefined
  /**
   * Announces that the next packet comes from another source. Viewers see the track's sequence
   * numbers and timestamps continue.
   */
  expectNewSource(): void
}
