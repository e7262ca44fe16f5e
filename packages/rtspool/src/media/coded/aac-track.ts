import {
  AacPayloader,
  aacFmtp,
  parseAdtsHeader,
  parseAudioSpecificConfig,
} from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import { audioPayloadType, type CodedTrack, type Packetize } from './coded-track.js'

/** A track of AAC. */
export interface AacTrack extends CodedTrack {
  /**
   * Duration of each AAC access unit in samples per channel, usually 1024. Equals its duration in ticks of the clock
   * rate.
   */
  readonly samplesPerAccessUnit: number
}

/**
 * Creates a track of AAC. Its access units may have an ADTS header each.
 *
 * @param config - AudioSpecificConfig.
 * @param channels - Number of channels for a configuration that leaves it to the stream.
 * @throws {RangeError} The configuration cannot be read.
 */
export function aacTrack(
  config: Uint8Array,
  { channels, payloadType = audioPayloadType }: { channels?: number; payloadType?: number } = {},
): AacTrack {
  const configuration = parseAudioSpecificConfig(config)
  const { sampleRate: clockRate, samplesPerAccessUnit } = configuration
  const stated = configuration.channels || channels
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding: 'mpeg4-generic',
      clockRate,
      ...(stated === undefined ? {} : { channels: stated }),
      fmtp: aacFmtp(config),
    }),
    clockRate,
    samplesPerAccessUnit,
    createPayloader: (start): Packetize => {
      const payloader = new AacPayloader({ ...start, payloadType, samplesPerAccessUnit })
      return ({ bytes }, timestamp) => payloader.packetize([withoutAdts(bytes)], timestamp)
    },
  }
}

/**
 * Removes the ADTS header of an access unit, because RFC 3640 packets do not contain it. Returns a view of the bytes;
 * without a header, all of them. An access unit never begins with the bits of an ADTS header: they would mean that it
 * is empty (ISO/IEC 14496-3 table 4.85).
 */
const withoutAdts = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(parseAdtsHeader(bytes)?.sizeBytes ?? 0)
