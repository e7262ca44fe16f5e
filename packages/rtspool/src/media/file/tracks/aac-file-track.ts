import {
  AacPayloader,
  aacFmtp,
  parseAdtsHeader,
  parseAudioSpecificConfig,
} from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { FileTrack, Packetize, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/**
 * Creates an AAC track.
 *
 * @param config - AudioSpecificConfig; without it each access unit has an ADTS header.
 * @param format - Format that the file states, for a configuration without channels.
 * @throws {RangeError} The configuration or the first ADTS header cannot be read.
 */
export function aacFileTrack(
  track: ReadTrack,
  config: Uint8Array | undefined,
  format: AudioFormat,
): FileTrack {
  const specificConfig = config ?? parseAdtsHeader(track.firstKeyFrame)?.config
  if (!specificConfig) throw new RangeError('AAC: expected an ADTS header in the first access unit')
  const configuration = parseAudioSpecificConfig(specificConfig)
  const { sampleRate: clockRate, samplesPerAccessUnit } = configuration
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType: audioPayloadType,
      encoding: 'mpeg4-generic',
      clockRate,
      channels: configuration.channels || format.channels,
      fmtp: aacFmtp(specificConfig),
    }),
    clockRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) =>
      withSampleTimes(track.accessUnits(from), clockRate, () => samplesPerAccessUnit),
    createPayloader: ({ ssrc, sequenceNumber }): Packetize => {
      const payloader = new AacPayloader({
        payloadType: audioPayloadType,
        ssrc,
        sequenceNumber,
        samplesPerAccessUnit,
      })
      return ({ bytes }, timestamp) =>
        payloader.packetize([config ? bytes : withoutAdts(bytes)], timestamp)
    },
  }
}

/** Removes the ADTS header of an access unit: RFC 3640 packets do not contain it. */
function withoutAdts(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(parseAdtsHeader(bytes)?.sizeBytes ?? bytes.length)
}
