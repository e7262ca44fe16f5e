import { payloadTestOf } from '../codec/key-frame.js'
import { describedParameterSets } from '../codec/parameter-sets.js'
import { AacReader } from './aac.js'
import { Ac3Reader } from './ac3.js'
import type { Depacketizer } from './depacketizer.js'
import { FrameDepacketizer, type FrameReader } from './frame-depacketizer.js'
import { H264Reader } from './h264.js'
import { H265Reader } from './h265.js'
import { isLatmWithoutConfiguration, LatmReader } from './latm.js'
import { MpegAudioReader } from './mpeg-audio.js'
import { PictureDepacketizer } from './picture-depacketizer.js'
import { RawReader } from './raw.js'
import { WholeFrameReader } from './whole-frames.js'

/** Format of the payloads of a stream, as in a session description. */
export interface PayloadFormat {
  /** Name of the encoding as in `a=rtpmap`, in any case: `H264`, `mpeg4-generic`. */
  readonly encoding: string
  /** Media type in the `m=` line. @default 'audio', unless the encoding is one of video */
  readonly kind?: string
  /** Parameters of the encoding as in `a=fmtp`, without the payload type. */
  readonly parameters?: string | undefined
}

/**
 * Creates the depacketizer of a payload format. Key frames of H.264 and H.265 without parameter
 * sets get those of the description. Payloads of an unknown encoding stay as received: for video,
 * the payloads of one timestamp form a unit; otherwise each payload is a unit.
 */
export function createDepacketizer({ encoding, kind, parameters }: PayloadFormat): Depacketizer {
  const name = encoding.toUpperCase()
  if (name === 'H264' || name === 'H265') {
    const reader = name === 'H264' ? new H264Reader() : new H265Reader()
    const sets = describedParameterSets(name, parameters ?? '')
    return new PictureDepacketizer(reader, payloadTestOf(name), sets)
  }
  const test = payloadTestOf(name)
  if (test || kind === 'video') return new PictureDepacketizer(new RawReader(), test)
  return new FrameDepacketizer(frameReaderOf(name, parameters))
}

function frameReaderOf(encoding: string, parameters: string | undefined): FrameReader {
  switch (encoding) {
    case 'MPEG4-GENERIC':
      return new AacReader(parameters)
    case 'MP4A-LATM':
      return isLatmWithoutConfiguration(parameters) ? new LatmReader() : new WholeFrameReader()
    case 'MPA':
      return new MpegAudioReader()
    case 'AC3':
    case 'EAC3':
      return new Ac3Reader(encoding === 'AC3' ? 'ac3' : 'eac3')
    default:
      return new WholeFrameReader()
  }
}
