import type { MediaDescription } from '../../../sdp/index.js'
import type { FileTrack, Packetize, PayloaderStart, ReadTrack } from './file-track.js'

/** Payload type of video. */
export const videoPayloadType = 96

/** Clock rate of RFC 6184 section 5.1 and RFC 7798 section 4.1. */
export const nalClockRate = 90_000

/**
 * Maximum number of pictures that H.264 and H.265 allow to be reordered (max_num_reorder_frames,
 * sps_max_num_reorder_pics).
 */
const largestReordering = 16

/** Properties of a codec that consists of NAL units. */
export interface NalCodec {
  readonly description: MediaDescription
  /** Splits an access unit of the file into views of its NAL units. */
  readonly split: (accessUnit: Uint8Array) => Buffer[]
  readonly typeOf: (unit: Buffer) => number
  readonly accessUnitDelimiter: number
  readonly spsType: number
  /** Parameter sets sent before each key frame that does not contain its own. */
  readonly parameterSets: readonly Buffer[]
  readonly createPayloader: (
    options: PayloaderStart & { readonly payloadType: number },
  ) => NalPayloader
}

interface NalPayloader {
  packetize(units: readonly Uint8Array[], timestamp: number): Buffer[]
}

/** Creates a video track; the file may store parameter sets apart from the pictures. */
export function nalFileTrack(track: ReadTrack, codec: NalCodec): FileTrack {
  return {
    description: codec.description,
    clockRate: nalClockRate,
    lookAhead: largestReordering,
    endSeconds: track.endSeconds,
    accessUnits: track.accessUnits,
    createPayloader: (start): Packetize => {
      const payloader = codec.createPayloader({ ...start, payloadType: videoPayloadType })
      return ({ bytes, isKey }, timestamp) => {
        const units = codec.split(bytes)
        return payloader.packetize(isKey ? withParameterSets(units, codec) : units, timestamp)
      }
    },
  }
}

/**
 * Adds parameter sets to a key frame, so that a viewer that joins late or lost the description can
 * start at any key frame.
 */
function withParameterSets(units: Buffer[], codec: NalCodec): Buffer[] {
  const { typeOf, spsType, accessUnitDelimiter, parameterSets } = codec
  if (units.some((unit) => typeOf(unit) === spsType)) return units
  // An access unit delimiter stays first (section 7.4.1.2.3 of H.264, 7.4.2.4.4 of H.265).
  const first = units[0] && typeOf(units[0]) === accessUnitDelimiter ? 1 : 0
  return [...units.slice(0, first), ...parameterSets, ...units.slice(first)]
}
