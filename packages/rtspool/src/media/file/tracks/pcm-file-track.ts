import { type PcmFormat, PcmPayloader, pcmEncodingOf, toNetworkPcm } from '../../../rtp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { sampleTrack } from './sample-track.js'

const format = (sampleBytes: 1 | 2 | 3, isLittleEndian: boolean, isSigned8 = false): PcmFormat => ({
  sampleBytes,
  isLittleEndian,
  isSigned8,
})
/** Formats of linear PCM that RTP supports. RTP has no format for floating point, or for more than 24 bits. */
const formats = {
  'pcm-u8': format(1, false),
  'pcm-s8': format(1, false, true),
  'pcm-s16': format(2, true),
  'pcm-s16be': format(2, false),
  'pcm-s24': format(3, true),
  'pcm-s24be': format(3, false),
} as const
export type PcmCodec = keyof typeof formats

export const isPcmCodec = (codec: string): codec is PcmCodec => Object.hasOwn(formats, codec)

/** Static payload types of L16 at 44.1 kHz, by number of channels (RFC 3551 table 4). */
const staticPayloadTypes = { 2: 10, 1: 11 } as const
const staticRate = 44_100

/** Creates a linear PCM track. The file may store any number of samples in a unit, in either byte order. */
export function pcmFileTrack(
  track: ReadTrack,
  codec: PcmCodec,
  { sampleRate, channels }: AudioFormat,
): FileTrack {
  const pcm = formats[codec]
  const instantBytes = pcm.sampleBytes * channels
  const isStatic = pcm.sampleBytes === 2 && sampleRate === staticRate
  const payloadType =
    (isStatic && staticPayloadTypes[channels as keyof typeof staticPayloadTypes]) ||
    audioPayloadType
  return sampleTrack(track, {
    encoding: pcmEncodingOf(pcm),
    payloadType,
    sampleRate,
    channels,
    instantBytes,
    createPayloader: (start) => {
      const payloader = new PcmPayloader({ ...start, instantBytes })
      return ({ bytes }, timestamp) => payloader.packetize(toNetworkPcm(bytes, pcm), timestamp)
    },
  })
}
