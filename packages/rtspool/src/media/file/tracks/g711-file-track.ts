import { G711Payloader } from '../../../rtp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { sampleTrack } from './sample-track.js'

/** Encoding names and static payload types of G.711 (RFC 3551 table 4). */
const encodings = {
  ulaw: { encoding: 'PCMU', staticPayloadType: 0 },
  alaw: { encoding: 'PCMA', staticPayloadType: 8 },
} as const
const staticRate = 8000

/** Creates a G.711 track. The file may store any number of samples in a unit. */
export function g711FileTrack(
  track: ReadTrack,
  law: keyof typeof encodings,
  { sampleRate, channels }: AudioFormat,
): FileTrack {
  const { encoding, staticPayloadType } = encodings[law]
  const isStatic = sampleRate === staticRate && channels === 1
  const payloadType = isStatic ? staticPayloadType : audioPayloadType
  return sampleTrack(track, {
    encoding,
    payloadType,
    sampleRate,
    channels,
    instantBytes: channels,
    createPayloader: (start) => {
      const payloader = new G711Payloader({ ...start, channels })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  })
}
