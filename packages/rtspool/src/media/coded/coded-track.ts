import type { MediaDescription } from '../../sdp/index.js'

/** Payload type of video whose encoding has no static payload type. */
export const videoPayloadType = 96
/** Payload type of sound whose encoding has no static payload type. */
export const audioPayloadType = 97

/** One picture, or one unit of sound. */
export interface CodedUnit {
  readonly bytes: Uint8Array
  /** True if a decoder can begin with this unit. */
  readonly isKey: boolean
}

/** First values in the RTP packets of a track (RFC 3550 section 5.1: random, unless the stream continues). */
export interface PayloaderStart {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Creates the RTP packets of one unit. `timestamp` is in ticks, and is taken modulo 2^32. */
export type Packetize = (unit: CodedUnit, timestamp: number) => Buffer[]

/** A track of one encoding: its description, and the RTP packets of its units. */
export interface CodedTrack {
  readonly description: MediaDescription
  /** Clock rate of the RTP timestamps, in ticks per second. */
  readonly clockRate: number
  /** Creates a payloader for one stream of the track. */
  createPayloader(start: PayloaderStart): Packetize
}

/** Format of sound. */
export interface AudioFormat {
  /** Sampling rate in Hz. */
  readonly sampleRate: number
  readonly channels: number
}
