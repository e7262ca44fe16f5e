import {
  avcConfigurationOf,
  h264Fmtp,
  h265Fmtp,
  hevcParameterSetsOf,
  isValidRtp,
  opusSamplesOf,
  parseAdtsHeader,
  parseAudioSpecificConfig,
  parseAvcConfiguration,
  parseHevcConfiguration,
  sequenceNumberOf,
  splitAnnexB,
  splitLengthPrefixed,
  splitOpusPacket,
  ssrcOf,
  timestampOf,
} from '../../src/rtp/index.js'
import { kindOf, payloadOf } from '../support/payload.js'
import { type FuzzTarget, fuzzTarget } from './target.js'

function checkAac(config: Uint8Array) {
  const read = parseAudioSpecificConfig(config)
  const numbers = Object.values(read)
  if (!numbers.every(Number.isFinite) || read.samplesPerAccessUnit <= 0)
    throw new Error(`no AAC is like that: ${JSON.stringify(read)}`)
  return read
}

const encodings = ['H264', 'H265', 'VP8', 'VP9', 'AV1', 'JPEG', 'MPV', 'MP4V-ES']

/** Parsers that payloaders use for files, and those for packets of publishers. */
export const mediaTargets: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'rtp',
    tags: 'B-SSRC',
    read: (packet) => {
      if (!isValidRtp(packet)) return undefined
      const payload = payloadOf(packet)
      const kinds = encodings.map((encoding) => kindOf(encoding, payload))
      return [sequenceNumberOf(packet), timestampOf(packet), ssrcOf(packet), payload, kinds]
    },
  }),
  fuzzTarget({
    name: 'audio-specific-config',
    tags: 'B-SSRC',
    refusesWithRangeError: true,
    read: checkAac,
  }),
  fuzzTarget({
    name: 'adts',
    tags: 'B-SSRC',
    read: (bytes) => {
      const header = parseAdtsHeader(bytes)
      return header && [header.sizeBytes, checkAac(header.config)]
    },
  }),
  fuzzTarget({
    name: 'avc-configuration',
    tags: 'B-SSRC',
    refusesWithRangeError: true,
    read: (record) => {
      const configuration = parseAvcConfiguration(record)
      return { ...configuration, fmtp: h264Fmtp(configuration) }
    },
  }),
  fuzzTarget({
    name: 'hevc-configuration',
    tags: 'B-SSRC',
    refusesWithRangeError: true,
    read: (record) => {
      const configuration = parseHevcConfiguration(record)
      return { ...configuration, fmtp: h265Fmtp(configuration) }
    },
  }),
  fuzzTarget({
    name: 'nal-units',
    tags: 'B-SSRC',
    read: (sample) => {
      const units = [
        splitAnnexB(sample),
        ...[1, 2, 4].map((size) => splitLengthPrefixed(sample, size)),
      ]
      const sets = units.map((list) => [avcConfigurationOf(list), hevcParameterSetsOf(list)])
      return { units, sets }
    },
  }),
  fuzzTarget({
    name: 'opus',
    tags: 'B-SSRC',
    read: (packet) => {
      const split = splitOpusPacket(packet)
      if (split && split.frames.length * split.frameSamples !== opusSamplesOf(packet))
        throw new Error('the frames are not as long as the packet')
      return split
    },
  }),
]
