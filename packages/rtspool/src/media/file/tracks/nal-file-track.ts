import {
  parameterSetsOf,
  parseAvcConfiguration,
  parseHevcConfiguration,
  splitAnnexB,
  splitLengthPrefixed,
} from '../../../rtp/index.js'
import { h264 } from '../../coded/h264.js'
import { h265 } from '../../coded/h265.js'
import { type NalEncoding, nalTrack } from '../../coded/nal-track.js'
import type { FileTrack, ReadTrack } from './file-track.js'

/**
 * Maximum number of pictures that H.264 and H.265 allow to be reordered (max_num_reorder_frames,
 * sps_max_num_reorder_pics).
 */
const largestReordering = 16

/**
 * Decoder configuration (`avcC` or `hvcC`) that a file stores apart from the pictures: its parameter sets, and the size
 * of length fields.
 */
interface NalRecord {
  /** Size in bytes of the length field before each NAL unit. */
  readonly lengthSize: number
  readonly sets: readonly Buffer[]
}

/**
 * Creates an H.264 track.
 *
 * @param avcC - AVCDecoderConfigurationRecord. Without it, units contain start codes, and key frames parameter sets.
 * @throws {RangeError} The record cannot be read, or the first key frame has no parameter sets.
 */
export function h264FileTrack(track: ReadTrack, avcC: Uint8Array | undefined): FileTrack {
  const record = avcC && parseAvcConfiguration(avcC)
  const sets = record && [...record.sps, ...record.pps]
  return nalFileTrack(track, h264, record && { lengthSize: record.lengthSize, sets: sets ?? [] })
}

/**
 * Creates an H.265 track.
 *
 * @param hvcC - HEVCDecoderConfigurationRecord. Without it, units contain start codes, and key frames parameter sets.
 * @throws {RangeError} The record cannot be read, or the first key frame has no parameter sets.
 */
export function h265FileTrack(track: ReadTrack, hvcC: Uint8Array | undefined): FileTrack {
  const record = hvcC && parseHevcConfiguration(hvcC)
  const sets = record && [...record.vps, ...record.sps, ...record.pps]
  return nalFileTrack(track, h265, record && { lengthSize: record.lengthSize, sets: sets ?? [] })
}

function nalFileTrack(
  track: ReadTrack,
  encoding: NalEncoding,
  record: NalRecord | undefined,
): FileTrack {
  const split = (bytes: Uint8Array): Buffer[] =>
    record ? splitLengthPrefixed(bytes, record.lengthSize) : splitAnnexB(bytes)
  // avc3 and hev1 tracks may have parameter sets in the pictures only.
  const stored = record && encoding.setsOf(record.sets)
  const sets = stored?.length ? stored : encoding.setsOf(split(track.firstKeyFrame))
  const parameterSets = parameterSetsOf(encoding.name, sets)
  if (!parameterSets) {
    const name = encoding.name === 'H264' ? 'H.264' : 'H.265'
    throw new RangeError(`${name}: expected an SPS in the first key frame`)
  }
  return {
    ...nalTrack(encoding, { parameterSets, split }),
    lookAhead: largestReordering,
    endSeconds: track.endSeconds,
    accessUnits: track.accessUnits,
  }
}
