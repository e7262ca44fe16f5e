import { G711Payloader } from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { FileTrack, Packetize, ReadTrack } from './file-track.js'
import { inPackets } from './sample-pieces.js'
import { withSampleTimes } from './sample-times.js'

/** RFC 3551 table 4. */
const encodings = {
  ulaw: { encoding: 'PCMU', staticPayloadType: 0 },
  alaw: { encoding: 'PCMA', staticPayloadType: 8 },
} as const
const staticRate = 8000

/** A track of G.711, whose samples a file may keep in pieces of any size. */
export function g711FileTrack(
  track: ReadTrack,
  law: keyof typeof encodings,
  { sampleRate, channels }: AudioFormat,
): FileTrack {
  const { encoding, staticPayloadType } = encodings[law]
  const isStatic = sampleRate === staticRate && channels === 1
  const payloadType = isStatic ? staticPayloadType : audioPayloadType
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding,
      clockRate: sampleRate,
      ...(channels === 1 ? {} : { channels }),
    }),
    clockRate: sampleRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) => {
      const pieces = withSampleTimes(
        track.accessUnits(from),
        sampleRate,
        ({ bytes }) => bytes.length / channels,
      )
      return inPackets(pieces, sampleRate, channels)
    },
    createPayloader: (start): Packetize => {
      const payloader = new G711Payloader({ ...start, payloadType, channels })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}
