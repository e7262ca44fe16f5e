import { BitReader } from './bit-reader.js'

/**
 * Number of bits in front of the AudioSpecificConfig: version, framing, subframes, programs and
 * layers.
 */
const prefixBits = 15
const rateIndexBits = 4
const explicitRate = 15
const rateBits = 24
const sbrObjectType = 5
const psObjectType = 29

/**
 * Returns the AudioSpecificConfig inside a StreamMuxConfig (ISO/IEC 14496-3 section 1.7.3.1), whose bits do not begin at
 * a byte.
 *
 * @returns Empty if audioMuxVersion is 1, which common senders do not use, or if the StreamMuxConfig ends too early.
 */
export function latmConfigOf(muxConfig: Uint8Array): Buffer {
  const bits = new BitReader(muxConfig)
  if (bits.read(1) !== 0) return Buffer.alloc(0)
  bits.skip(prefixBits - 1)
  const countBits = configBits(muxConfig)
  const config = Buffer.alloc(Math.ceil(countBits / 8))
  for (let at = 0; at < countBits; at += 8) {
    const count = Math.min(8, countBits - at)
    config[at >> 3] = bits.read(count) << (8 - count)
  }
  return bits.isPastEnd ? Buffer.alloc(0) : config
}

/** Returns the length in bits of an AudioSpecificConfig of AAC, with or without SBR. */
function configBits(muxConfig: Uint8Array): number {
  const bits = new BitReader(muxConfig)
  bits.skip(prefixBits)
  const objectType = bits.read(5)
  const first = 5 + skipRate(bits) + 4
  bits.skip(4)
  const hasSbr = objectType === sbrObjectType || objectType === psObjectType
  const second = hasSbr ? skipRate(bits) + 5 : 0
  // GASpecificConfig: frame length, no core coder, no extension.
  return first + second + 3
}

/**
 * Skips the field of the sampling rate in an AudioSpecificConfig.
 *
 * @returns The number of skipped bits.
 */
function skipRate(bits: BitReader): number {
  if (bits.read(rateIndexBits) !== explicitRate) return rateIndexBits
  bits.skip(rateBits)
  return rateIndexBits + rateBits
}
