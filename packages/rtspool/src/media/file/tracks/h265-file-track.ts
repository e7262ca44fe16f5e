import {
  H265Payloader,
  h265Fmtp,
  h265NalTypes,
  h265TypeOf,
  hevcParameterSetsOf,
  parseHevcConfiguration,
  splitAnnexB,
  splitLengthPrefixed,
} from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { nalClockRate, nalFileTrack, videoPayloadType } from './nal-file-track.js'

/**
 * Creates an H.265 track.
 *
 * @param hvcC - HEVCDecoderConfigurationRecord. Without it, units contain start codes, and key frames parameter sets.
 * @throws {RangeError} The record cannot be read, or the first key frame has no parameter sets.
 */
export function h265FileTrack(track: ReadTrack, hvcC: Uint8Array | undefined): FileTrack {
  const configuration = hvcC && parseHevcConfiguration(hvcC)
  // hev1 tracks may have parameter sets in the pictures only.
  const sets = configuration?.sps.length ? configuration : hevcParameterSetsOf(splitFirst())
  if (sets.sps.length === 0) throw new RangeError('H.265: expected an SPS in the first key frame')
  function split(bytes: Uint8Array): Buffer[] {
    return configuration ? splitLengthPrefixed(bytes, configuration.lengthSize) : splitAnnexB(bytes)
  }
  function splitFirst(): Buffer[] {
    return split(track.firstKeyFrame)
  }
  const fmtp = h265Fmtp(sets)
  return nalFileTrack(track, {
    description: createMediaDescription({
      kind: 'video',
      payloadType: videoPayloadType,
      encoding: 'H265',
      clockRate: nalClockRate,
      ...(fmtp === undefined ? {} : { fmtp }),
    }),
    split,
    typeOf: h265TypeOf,
    accessUnitDelimiter: h265NalTypes.accessUnitDelimiter,
    spsType: h265NalTypes.sps,
    parameterSets: [...sets.vps, ...sets.sps, ...sets.pps],
    createPayloader: (options) => new H265Payloader(options),
  })
}
