import type { MediaDescription } from '../../../sdp/index.js'
import type { FileTrack, Packetize, PayloaderStart, ReadTrack } from './file-track.js'

/** Payload type of a video track. */
export const videoPayloadType = 96

/** RTP clock rate of H.264 and H.265, in ticks per second (RFC 6184 section 5.1, RFC 7798 section 4.1). */
export const nalClockRate = 90_000

/**
 * Maximum number of pictures that H.264 and H.265 allow to be reordered (max_num_reorder_frames,
 * sps_max_num_reorder_pics).
 */
const largestReordering = 16

/** Describes a codec whose access units consist of NAL units. */
export interface NalCodec {
  readonly description: MediaDescription
  /** Splits an access unit of the file into views of its NAL units. */
  readonly split: (accessUnit: Uint8Array) => Buffer[]
  readonly typeOf: (unit: Buffer) => number
  readonly accessUnitDelimiter: number
  readonly spsType: number
  /** Parameter sets that are sent before each key frame that contains none. */
  readonly parameterSets: readonly Buffer[]
  readonly createPayloader: (
    options: PayloaderStart & { readonly payloadType: number },
  ) => NalPayloader
}

interface NalPayloader {
  packetize(units: readonly Uint8Array[], timestamp: number): Buffer[]
}

/**
 * Creates a video track. Parameter sets that the file stores apart from the pictures are sent with each key frame.
 */
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
 * Adds the parameter sets to a key frame that contains none, so that a viewer can begin there without the session
 * description.
 */
function withParameterSets(units: Buffer[], codec: NalCodec): Buffer[] {
  const { typeOf, spsType, accessUnitDelimiter, parameterSets } = codec
  if (units.some((unit) => typeOf(unit) === spsType)) return units
  // An access unit delimiter stays first (section 7.4.1.2.3 of H.264, 7.4.2.4.4 of H.265).
  const first = units[0] && typeOf(units[0]) === accessUnitDelimiter ? 1 : 0
  return [...units.slice(0, first), ...parameterSets, ...units.slice(first)]
}
