import type { MediaDescription } from '../sdp/index.js'

/** The numbers of an RTP packet that say where it belongs. */
export interface TrackPosition {
  readonly ssrc: number
  /** 0 to 65535. */
  readonly sequenceNumber: number
  /** In ticks of the track's clock rate, modulo 2^32. */
  readonly timestamp: number
}

/** One RTP stream of a media, as it stands at the moment of the look. */
export interface TrackInfo {
  /** Position in the session description, from 0. */
  readonly index: number
  readonly description: MediaDescription
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  /** Synchronisation source of the stream, once it is known. */
  readonly ssrc: number | undefined
  /** RTP packets since the SSRC began. */
  readonly packetCount: number
  /** Payload octets of these packets. */
  readonly octetCount: number
  /** Packets that were no RTP, or too large for any transport: dropped. */
  readonly invalidPackets: number
  /** Packets with a payload type that the description does not list: passed on. */
  readonly unlistedPackets: number
  /** Whether key frames of the encoding are known, so that viewers begin with one. */
  readonly hasKeyFrames: boolean
  /** Viewers that play the track now; a multicast group counts once. */
  readonly readerCount: number
}

/** The way of a source into one track of its media. */
export interface TrackOutput extends TrackInfo {
  /** Numbers of the next packet, once they are known; the timestamp is that of the last packet. */
  readonly position: TrackPosition | undefined
  /**
   * Says where the stream will begin, or go on, before the next packet: PLAY can then announce it.
   *
   * @throws {RangeError} When a packet cannot carry one of the numbers.
   */
  startAt(position: TrackPosition): void
  /**
   * Sends one RTP packet to everybody who plays the track. Never throws.
   *
   * @param packet - Any `Uint8Array`, a `Buffer` among them. Belongs to the track from now on, and may not be changed or
   *   used again; see `MediaSource.start`.
   * @returns `false` for a packet that is no valid RTP, or has more than 65,535 bytes: the track counts and drops it.
   */
  push(packet: Uint8Array): boolean
  /**
   * Says that `rtpTime` was captured now, or at `clockMs` of the output's clock, which was `unixMs` on the wall clock of
   * the source. Sender reports carry this on.
   */
  mapTime(unixMs: number, rtpTime: number, clockMs?: number): void
  /**
   * The source's wall clock at an RTP timestamp, in milliseconds since 1970; `undefined` before any packet or mapping.
   *
   * @param rtpTime - @default that of the last packet
   */
  unixTimeMsAt(rtpTime?: number): number | undefined
  /** The RTP timestamp at an instant of the source's wall clock. */
  rtpTimeAt(unixMs: number): number | undefined
  /** Says that the next packet comes from another source: the track continues its timeline from here on. */
  expectNewSource(): void
}
