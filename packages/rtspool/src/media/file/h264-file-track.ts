import {
  type AvcConfiguration,
  H264Payloader,
  h264Fmtp,
  h264NalTypes,
  parseAvcConfiguration,
  splitLengthPrefixed,
} from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import type { FileTrack, Packetize, ReadTrack } from './file-track.js'

const payloadType = 96
const clockRate = 90_000
const nalTypeMask = 0x1f
/** H.264 lets 16 pictures be held back at most (max_num_reorder_frames, section E.2.1). */
const largestReordering = 16

/**
 * An H.264 track, whose parameter sets a file keeps apart from the pictures.
 *
 * @param avcC - AVCDecoderConfigurationRecord.
 * @throws {RangeError} The record cannot be read.
 */
export function h264FileTrack(track: ReadTrack, avcC: Uint8Array): FileTrack {
  const configuration = parseAvcConfiguration(avcC)
  return {
    description: createMediaDescription({
      kind: 'video',
      payloadType,
      encoding: 'H264',
      clockRate,
      fmtp: h264Fmtp(configuration),
    }),
    clockRate,
    lookAhead: largestReordering,
    endSeconds: track.endSeconds,
    accessUnits: track.accessUnits,
    createPayloader: ({ ssrc, sequenceNumber }): Packetize => {
      const payloader = new H264Payloader({ payloadType, ssrc, sequenceNumber })
      return ({ bytes, isKey }, timestamp) => {
        const units = splitLengthPrefixed(bytes, configuration.lengthSize)
        return payloader.packetize(
          isKey ? withParameterSets(units, configuration) : units,
          timestamp,
        )
      }
    },
  }
}

/** A viewer that joins late, or lost the description, can start at any key frame. */
function withParameterSets(units: Buffer[], { sps, pps }: AvcConfiguration): Buffer[] {
  const hasOwn = units.some((unit) => typeOf(unit) === h264NalTypes.sps)
  if (hasOwn) return units
  // The access unit delimiter, where there is one, stays first (H.264 section 7.4.1.2.3).
  const first = units[0] && typeOf(units[0]) === accessUnitDelimiter ? 1 : 0
  return [...units.slice(0, first), ...sps, ...pps, ...units.slice(first)]
}

const accessUnitDelimiter = 9

function typeOf(unit: Buffer): number {
  return unit.readUInt8(0) & nalTypeMask
}
