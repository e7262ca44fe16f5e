import { AacPayloader, aacFmtp, parseAudioSpecificConfig } from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import type { FileTrack, Packetize, ReadTrack } from './file-track.js'

const payloadType = 97

/**
 * An AAC track.
 *
 * @param config - AudioSpecificConfig.
 * @param channels - What the file says, for a configuration that leaves it to the stream.
 * @throws {RangeError} The configuration cannot be read.
 */
export function aacFileTrack(track: ReadTrack, config: Uint8Array, channels: number): FileTrack {
  const configuration = parseAudioSpecificConfig(config)
  const { sampleRate: clockRate, samplesPerAccessUnit } = configuration
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding: 'mpeg4-generic',
      clockRate,
      channels: configuration.channels || channels,
      fmtp: aacFmtp(config),
    }),
    clockRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: track.accessUnits,
    createPayloader: ({ ssrc, sequenceNumber }): Packetize => {
      const payloader = new AacPayloader({
        payloadType,
        ssrc,
        sequenceNumber,
        samplesPerAccessUnit,
      })
      return ({ bytes }, timestamp) => payloader.packetize([bytes], timestamp)
    },
  }
}
