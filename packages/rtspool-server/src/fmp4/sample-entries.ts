import { box, fullBox, u8, u16, u32, zeros } from './box.js'

/**
 * Resolution of a video track in the sample entry: 72 dots per inch, as a fixed-point number of
 * 16.16 bits.
 */
const resolution = 72 * 2 ** 16
const compressorNameBytes = 32
const colourDepth = 24

/**
 * Builds the sample entry of a video track (ISO/IEC 14496-12 section 12.1.3).
 *
 * @param configuration - Box with the parameter sets: `avcC` or `hvcC`.
 */
export function videoEntry(
  type: 'avc1' | 'hvc1',
  width: number,
  height: number,
  configuration: Buffer,
): Buffer {
  return box(
    type,
    zeros(6),
    u16(1 /* data reference */),
    zeros(16),
    u16(width, height),
    u32(resolution, resolution, 0),
    u16(1 /* frame in a sample */),
    zeros(compressorNameBytes),
    u16(colourDepth, 0xffff),
    configuration,
  )
}

/** Builds the sample entry of an audio track (ISO/IEC 14496-12 section 12.2.3). */
export function audioEntry(
  type: 'mp4a' | 'Opus' | 'fLaC',
  channels: number,
  sampleRate: number,
  configuration: Buffer,
): Buffer {
  return box(
    type,
    zeros(6),
    u16(1 /* data reference */),
    zeros(8),
    u16(channels, 16 /* bits */, 0, 0),
    // The fixed-point number of 16.16 bits cannot hold higher rates, which only the configuration
    // states.
    u32((sampleRate <= 0xffff ? sampleRate : 0) * 2 ** 16),
    configuration,
  )
}

const descriptorTags = Object.freeze({ es: 3, decoderConfig: 4, decoderSpecific: 5, sl: 6 })
const mpeg4Audio = 0x40
/** Value of the byte with the stream type (5 = audio) and a reserved bit, in the box `esds`. */
const audioStream = 0x15

/** Builds the box `esds` with an AudioSpecificConfig (ISO/IEC 14496-1 section 7.2.6). */
export function esds(config: Uint8Array): Buffer {
  const decoderSpecific = descriptor(descriptorTags.decoderSpecific, config)
  const decoderConfig = descriptor(
    descriptorTags.decoderConfig,
    u8(mpeg4Audio, audioStream, 0, 0, 0),
    u32(0, 0),
    decoderSpecific,
  )
  const es = descriptor(
    descriptorTags.es,
    u8(0, 0, 0),
    decoderConfig,
    descriptor(descriptorTags.sl, u8(2)),
  )
  return fullBox('esds', 0, 0, es)
}

/**
 * Builds a descriptor of MPEG-4: its tag, its size in four bytes with 7 bits each, and its parts.
 */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const sizeField = [21, 14, 7, 0].map((shift) => ((size >> shift) & 0x7f) | (shift > 0 ? 0x80 : 0))
  return Buffer.concat([u8(tag, ...sizeField), ...parts])
}

/** Builds the box `dOps` (Encapsulation of Opus in ISO Base Media, section 4.3.2). */
export function opusConfiguration(channels: number): Buffer {
  return box('dOps', u8(0, channels), u16(0 /* pre-skip */), u32(48_000), u16(0 /* gain */), u8(0))
}

const lastStreamInfo = 0x80
const streamInfoBytes = 34

/**
 * Builds the box `dfLa` with the STREAMINFO of FLAC with 16-bit samples (RFC 9639 section 8.2).
 *
 * @param blockSamples - Minimum and maximum number of samples in a frame.
 */
export function flacConfiguration(
  channels: number,
  sampleRate: number,
  [fewest, most]: readonly [number, number],
): Buffer {
  // 20 bits sample rate, 3 bits channels - 1, 5 bits of 16 - 1, and 4 of 36 bits of samples in all.
  const format = sampleRate * 2 ** 12 + (channels - 1) * 2 ** 9 + 15 * 2 ** 4
  return fullBox(
    'dfLa',
    0,
    0,
    u8(lastStreamInfo, 0, 0, streamInfoBytes),
    u16(fewest, most),
    zeros(6),
    u32(format, 0),
    zeros(16),
  )
}
