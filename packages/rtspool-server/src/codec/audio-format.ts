import { opusSamplesOf, parseAudioSpecificConfig } from 'rtspool/rtp'
import { audioEntry, esds, flacConfiguration, opusConfiguration } from '../fmp4/sample-entries.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { flacBlockSamples, flacFrame, highestFlacRate } from './flac.js'
import { decodeG711 } from './g711.js'
import { latmConfigOf } from './latm-config.js'

/** Coding of a sound track in MP4 fragments. */
export interface AudioCoding {
  readonly format: TrackFormat
  /**
   * Converts a frame from RTP to the sample that a browser plays; `undefined` for a frame that
   * cannot be played.
   *
   * @param ticks - Time of the frame on the timeline of the track.
   */
  sampleOf(frame: Buffer, ticks: number): Buffer | undefined
  /** Returns the duration of a frame in ticks of the track. */
  durationOf(frame: Buffer): number
}

/** Description of a sound track's coding, read from the session description. */
export interface AudioDescription {
  /** Name of the encoding in `a=rtpmap`, in capital letters. */
  readonly encoding: string
  readonly clockRate: number
  /** Number of channels in `a=rtpmap`; 1 if it gives none. */
  readonly channels: number
  /** Parameters of the format in `a=fmtp`, as one text. */
  readonly parameters: string
}

/**
 * Returns the coding of a sound track in MP4 fragments. Never throws.
 *
 * @returns `undefined` if no browser can play the sound.
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

/**
 * Returns the coding of AAC in MP4 fragments.
 *
 * @param config - AudioSpecificConfig (decoder configuration) from the session description.
 */
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
 * Number of channels in the description of an Opus track. Two fit every stream, because each packet
 * states its own number (RFC 6716 section 3.1).
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

/**
 * Returns the coding of G.711 in fragments: FLAC with the same samples, because browsers play FLAC
 * but not G.711.
 */
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
