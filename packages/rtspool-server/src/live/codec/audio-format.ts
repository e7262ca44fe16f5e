import { opusSamplesOf, parseAudioSpecificConfig } from 'rtspool/rtp'
import { audioEntry, esds, flacConfiguration, opusConfiguration } from '../fmp4/sample-entries.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { flacBlockSamples, flacFrame, highestFlacRate } from './flac.js'
import { decodeG711 } from './g711.js'
import { latmConfigOf } from './latm-config.js'

/** Coding of the sound of one track in fragments. */
export interface AudioCoding {
  readonly format: TrackFormat
  /**
   * Converts a frame to the sample that a browser plays; `undefined` drops a frame that cannot be
   * played.
   *
   * @param ticks - Time of the frame on the timeline of the track.
   */
  sampleOf(frame: Buffer, ticks: number): Buffer | undefined
  /** Returns the duration of a frame in ticks. */
  durationOf(frame: Buffer): number
}

/** Coding of a track in its session description. */
export interface AudioDescription {
  /** Encoding of `a=rtpmap` in capital letters. */
  readonly encoding: string
  readonly clockRate: number
  /** Channels of `a=rtpmap`; 1 if it gives none. */
  readonly channels: number
  /** Parameters of `a=fmtp`. */
  readonly parameters: string
}

/**
 * Chooses how browsers play a track of sound. Never throws.
 *
 * @returns `undefined` if no browser plays the sound from fragments.
 */
export function audioCoding(description: AudioDescription): AudioCoding | undefined {
  switch (description.encoding) {
    case 'MPEG4-GENERIC':
      return aacCoding(configOf(description), description.clockRate)
    case 'MP4A-LATM':
      // Access units stand alone only if the stream has no configuration inside (`cpresent=0`).
      return parameterOf(description, 'cpresent') === '0'
        ? aacCoding(latmConfigOf(configOf(description)), description.clockRate)
        : undefined
    case 'OPUS':
      return opusCoding(description.clockRate)
    case 'PCMU':
    case 'PCMA':
      return g711Coding(description.encoding, description)
    default:
      return undefined
  }
}

function parameterOf({ parameters }: AudioDescription, name: string): string {
  for (const each of parameters.split(';')) {
    const equals = each.indexOf('=')
    if (equals > 0 && each.slice(0, equals).trim().toLowerCase() === name) {
      return each.slice(equals + 1).trim()
    }
  }
  return ''
}

const configOf = (description: AudioDescription): Buffer =>
  Buffer.from(parameterOf(description, 'config'), 'hex')

/** @param config - AudioSpecificConfig. */
function aacCoding(config: Uint8Array, timescale: number): AudioCoding | undefined {
  try {
    const { channels, sampleRate, samplesPerAccessUnit } = parseAudioSpecificConfig(config)
    // The configuration begins with the object type. A browser must know whether it is SBR.
    const objectType = (config[0] ?? 0) >> 3
    const duration = Math.round((samplesPerAccessUnit * timescale) / sampleRate)
    return {
      format: {
        ...{ kind: 'audio', codec: `mp4a.40.${objectType}`, timescale, ...silentPicture },
        entry: audioEntry('mp4a', channels, sampleRate, esds(config)),
      },
      sampleOf: (frame) => frame,
      durationOf: () => duration,
    }
  } catch {
    return undefined
  }
}

const silentPicture = Object.freeze({ width: 0, height: 0, reorderDepth: 0 })

/**
 * Two channels fit every stream, because each packet states its own number (RFC 6716 section 3.1).
 */
const opusChannels = 2

function opusCoding(timescale: number): AudioCoding {
  return {
    format: {
      ...{ kind: 'audio', codec: 'opus', timescale, ...silentPicture },
      entry: audioEntry('Opus', opusChannels, timescale, opusConfiguration(opusChannels)),
    },
    sampleOf: (frame) => (opusSamplesOf(frame) > 0 ? frame : undefined),
    durationOf: opusSamplesOf,
  }
}

/** Browsers do not play G.711, but all of them play FLAC, which holds the same samples. */
function g711Coding(
  encoding: 'PCMU' | 'PCMA',
  { clockRate, channels }: AudioDescription,
): AudioCoding | undefined {
  if (channels !== 1 || clockRate > highestFlacRate) return undefined
  const [fewest, most] = flacBlockSamples
  return {
    format: {
      ...{ kind: 'audio', codec: 'flac', timescale: clockRate, ...silentPicture },
      entry: audioEntry('fLaC', 1, clockRate, flacConfiguration(1, clockRate, flacBlockSamples)),
    },
    sampleOf: (codes, ticks) =>
      codes.length < fewest || codes.length > most
        ? undefined
        : flacFrame([decodeG711(encoding, codes)], clockRate, ticks),
    durationOf: (codes) => codes.length,
  }
}
