import {
  avcConfigurationOf,
  H264Payloader,
  h264Fmtp,
  h264NalTypes,
  parseAvcConfiguration,
  splitAnnexB,
  splitLengthPrefixed,
} from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { nalClockRate, nalFileTrack, videoPayloadType } from './nal-file-track.js'

const nalTypeMask = 0x1f
const accessUnitDelimiter = 9

/**
 * Creates an H.264 track.
 *
 * @param avcC - AVCDecoderConfigurationRecord. Without it, units contain start codes, and key frames parameter sets.
 * @throws {RangeError} The record cannot be read, or the first key frame has no parameter sets.
 */
export function h264FileTrack(track: ReadTrack, avcC: Uint8Array | undefined): FileTrack {
  const record = avcC && parseAvcConfiguration(avcC)
  function split(bytes: Uint8Array): Buffer[] {
    return record ? splitLengthPrefixed(bytes, record.lengthSize) : splitAnnexB(bytes)
  }
  // avc3 tracks may have parameter sets in the pictures only.
  const configuration = record?.sps.length ? record : avcConfigurationOf(split(track.firstKeyFrame))
  if (!configuration) throw new RangeError('H.264: expected an SPS in the first key frame')
  const { sps, pps } = configuration
  return nalFileTrack(track, {
    description: createMediaDescription({
      kind: 'video',
      payloadType: videoPayloadType,
      encoding: 'H264',
      clockRate: nalClockRate,
      fmtp: h264Fmtp(configuration),
    }),
    split,
    typeOf: (unit) => unit.readUInt8(0) & nalTypeMask,
    accessUnitDelimiter,
    spsType: h264NalTypes.sps,
    parameterSets: [...sps, ...pps],
    createPayloader: (options) => new H264Payloader(options),
  })
}
