import { createMediaDescription } from '../../../sdp/index.js'
import type { AudioFormat } from './audio-format.js'
import type { FileTrack, Packetize, PayloaderStart, ReadTrack } from './file-track.js'
import { inPackets } from './sample-pieces.js'
import { withSampleTimes } from './sample-times.js'

/** Sound without frames: any number of samples is a packet. */
export interface SampleCodec extends AudioFormat {
  /** Name in `a=rtpmap`. */
  readonly encoding: string
  readonly payloadType: number
  /** Bytes of one instant of all channels. */
  readonly instantBytes: number
  readonly createPayloader: (start: PayloaderStart & { readonly payloadType: number }) => Packetize
}

/** A track whose samples a file may keep in pieces of any size. */
export function sampleTrack(track: ReadTrack, codec: SampleCodec): FileTrack {
  const { encoding, payloadType, sampleRate, channels, instantBytes } = codec
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
        ({ bytes }) => bytes.length / instantBytes,
      )
      return inPackets(pieces, sampleRate, instantBytes)
    },
    createPayloader: (start) => codec.createPayloader({ ...start, payloadType }),
  }
}
