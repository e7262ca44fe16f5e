import type { MediaDescription } from '../../sdp/index.js'

/** Payload type of video whose encoding has no static payload type. */
export const videoPayloadType = 96
/** Payload type of sound whose encoding has no static payload type. */
export const audioPayloadType = 97

/** Encoded bytes of one picture or one frame of sound, which are to be sent in RTP packets. */
export interface CodedUnit {
  readonly bytes: Uint8Array
  /** True if a decoder can begin with this picture or sound frame. */
  readonly isKey: boolean
}

/**
 * SSRC and sequence number of the first RTP packet of a stream (RFC 3550 section 5.1: random, unless the stream
 * continues).
 */
export interface PayloaderStart {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/**
 * Function that creates the RTP packets of one picture or sound frame. `timestamp` is their RTP timestamp in ticks, and
 * is taken modulo 2^32.
 */
export type Packetize = (unit: CodedUnit, timestamp: number) => Buffer[]

/**
 * A track of one encoding: its SDP description, and a function that packs its pictures or sound frames into RTP
 * packets.
 */
export interface CodedTrack {
  readonly description: MediaDescription
  /** Clock rate of the RTP timestamps, in ticks per second. */
  readonly clockRate: number
  /**
   * Returns a function that packs pictures or sound frames into RTP packets, numbered from `start` on. Each RTP stream
   * of the track needs its own.
   */
  createPayloader(start: PayloaderStart): Packetize
}

/** Format of decoded sound. */
export interface AudioFormat {
  /** Sampling rate in Hz. */
  readonly sampleRate: number
  readonly channels: number
}
