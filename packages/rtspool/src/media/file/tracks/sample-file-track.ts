import type { PcmFormat } from '../../../rtp/index.js'
import type { AudioFormat } from '../../coded/coded-track.js'
import { g711Track, pcmTrack, type SampleTrack } from '../../coded/sample-track.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { inPackets } from './sample-pieces.js'
import { withSampleTimes } from './sample-times.js'

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

/** Creates a linear PCM track. The file may store any number of samples in a unit, in either byte order. */
export const pcmFileTrack = (track: ReadTrack, codec: PcmCodec, audio: AudioFormat): FileTrack =>
  sampleFileTrack(track, pcmTrack(formats[codec], audio))

/** Creates a G.711 track. The file may store any number of samples in a unit. */
export const g711FileTrack = (
  track: ReadTrack,
  law: 'ulaw' | 'alaw',
  audio: AudioFormat,
): FileTrack => sampleFileTrack(track, g711Track(law, audio))

function sampleFileTrack(track: ReadTrack, coded: SampleTrack): FileTrack {
  const { clockRate: sampleRate, instantBytes } = coded
  return {
    ...coded,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) => {
      const pieces = withSampleTimes(
        track.accessUnits(from),
        sampleRate,
        ({ bytes }) => bytes.length / instantBytes,
      )
      return inPackets(pieces, sampleRate, instantBytes)
    },
  }
}
