import {
  type ParameterSets,
  type RtpPacketWriterOptions,
  withParameterSets,
} from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import { type CodedTrack, type Packetize, videoPayloadType } from './coded-track.js'

/** RTP clock rate of H.264 and H.265, in ticks per second (RFC 6184 section 5.1, RFC 7798 section 4.1). */
export const nalClockRate = 90_000

interface NalPayloader {
  packetize(units: readonly Uint8Array[], timestamp: number): Buffer[]
}

/** Describes a codec whose access units consist of NAL units. */
export interface NalEncoding {
  /** Name of the encoding in `a=rtpmap`. */
  readonly name: 'H264' | 'H265'
  /**
   * Returns the parameter sets (VPS, SPS, PPS) among NAL units, in the order in which a decoder needs them. Empty
   * without an SPS.
   */
  readonly setsOf: (units: readonly Buffer[]) => Buffer[]
  /** Returns the value of `a=fmtp` for parameter sets; `undefined` if the description shall have no `a=fmtp`. */
  readonly fmtpOf: (sets: readonly Buffer[]) => string | undefined
  /**
   * Returns whether a NAL unit belongs to a picture that needs no earlier picture, so that a decoder can begin there.
   */
  readonly isKey: (unit: Buffer) => boolean
  /** Returns whether a NAL unit contains a part of a picture, and not parameter sets or other data. */
  readonly isPicture: (unit: Buffer) => boolean
  readonly createPayloader: (options: RtpPacketWriterOptions) => NalPayloader
}

export interface NalTrackInit {
  /** Parameter sets to send before each key frame that contains none; `undefined` if there are none. */
  readonly parameterSets: ParameterSets | undefined
  /** Splits an access unit into views of its NAL units. */
  readonly split: (accessUnit: Uint8Array) => Buffer[]
  /** RTP payload type in the description and the packets. @default 96 */
  readonly payloadType?: number
}

/** Creates a track of NAL units. Parameter sets are sent with each key frame, so that viewers can begin there. */
export function nalTrack(
  encoding: NalEncoding,
  { parameterSets, split, payloadType = videoPayloadType }: NalTrackInit,
): CodedTrack {
  const fmtp = encoding.fmtpOf(parameterSets?.units ?? [])
  return {
    description: createMediaDescription({
      kind: 'video',
      payloadType,
      encoding: encoding.name,
      clockRate: nalClockRate,
      ...(fmtp === undefined ? {} : { fmtp }),
    }),
    clockRate: nalClockRate,
    createPayloader: (start): Packetize => {
      const payloader = encoding.createPayloader({ ...start, payloadType })
      return ({ bytes, isKey }, timestamp) => {
        const units = split(bytes)
        const whole = isKey && parameterSets ? withParameterSets(units, parameterSets) : units
        return payloader.packetize(whole, timestamp)
      }
    },
  }
}
