import { createMediaDescription } from '../../../sdp/index.js'
import type { AudioFormat } from './audio-format.js'
import type { FileTrack, Packetize, PayloaderStart, ReadTrack } from './file-track.js'
import { inPackets } from './sample-pieces.js'
import { withSampleTimes } from './sample-times.js'

/** Describes a codec without frames: any number of samples can form a packet. */
export interface SampleCodec extends AudioFormat {
  /** Name of the encoding in `a=rtpmap`. */
  readonly encoding: string
  readonly payloadType: number
  /** Bytes of one sample of every channel. */
  readonly instantBytes: number
  readonly createPayloader: (start: PayloaderStart & { readonly payloadType: number }) => Packetize
}

/** Creates a track of a codec without frames. The file may store any number of samples in a unit. */
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
