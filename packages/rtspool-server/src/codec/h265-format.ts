import { hevcParameterSetsOf } from 'rtspool/rtp'
import { box, u8, u16 } from '../fmp4/box.js'
import { videoEntry } from '../fmp4/sample-entries.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { BitReader, withoutEmulationPrevention } from './bit-reader.js'
import { distinct, fitsRecord, isSize } from './h264-format.js'

/** Type of a video parameter set in H.265 table 7-1; further NAL unit types follow. */
const vps = 32
const sps = 33
const pps = 34
const accessUnitDelimiter = 35
/**
 * Offset in a sequence parameter set of profile, tier and level: after the header of the unit, and
 * one byte with the number of layers.
 */
const generalOffset = 3
/** Number of bytes of profile, tier, compatibility, constraints and level. */
const generalBytes = 12
const profileBits = 88
const levelBits = 8
const maxSetsOfKind = 16

const typeOf = (unit: Uint8Array): number => ((unit[0] ?? 0) >> 1) & 0x3f

/**
 * Returns whether a NAL unit belongs into an MP4 sample. Parameter sets do not, because the init
 * segment contains them.
 */
export function isH265SampleUnit(unit: Uint8Array): boolean {
  const type = typeOf(unit)
  return type < vps || type > accessUnitDelimiter
}

/**
 * Returns the MP4 format of an H.265 track from the parameter sets in a key frame.
 *
 * @returns `undefined` without usable parameter sets.
 */
export function h265Format(parts: readonly Buffer[], timescale: number): TrackFormat | undefined {
  const sets = hevcParameterSetsOf(parts)
  const [first] = sets.sps
  if (!first || sets.pps.length === 0 || sets.vps.length === 0) return undefined
  if (![...sets.vps, ...sets.sps, ...sets.pps].every(fitsRecord)) return undefined
  const plain = withoutEmulationPrevention(first)
  const picture = parseSps(plain)
  if (!picture) return undefined
  const { width, height } = picture
  const general = plain.subarray(generalOffset, generalOffset + generalBytes)
  const arrays = [
    [vps, sets.vps],
    [sps, sets.sps],
    [pps, sets.pps],
  ] as const
  const record = Buffer.concat([
    u8(1),
    general,
    u16(0xf000 /* segmentation unknown */),
    u8(0xfc /* parallelism unknown */, 0xfc | picture.chromaFormat),
    u8(0xf8 | picture.lumaDepth, 0xf8 | picture.chromaDepth),
    u16(0 /* frame rate unknown */),
    u8(((picture.layers & 7) << 3) | (picture.isNested << 2) | 3 /* lengths of four bytes */),
    u8(arrays.length),
    ...arrays.flatMap(([type, units]) => arrayOf(type, units)),
  ])
  return {
    ...{ kind: 'video', timescale, width, height, reorderDepth: picture.reorderDepth },
    codec: `hvc1.${codecOf(general)}`,
    entry: videoEntry('hvc1', width, height, box('hvcC', record)),
  }
}

function arrayOf(type: number, units: readonly Buffer[]): Buffer[] {
  const sets = distinct(units, maxSetsOfKind)
  return [
    u8(0x80 /* complete */ | type),
    u16(sets.length),
    ...sets.flatMap((set) => [u16(set.length), set]),
  ]
}

/**
 * Returns the part of the codec string of H.265 after the first dot, such as `1.6.L93.B0` (ISO/IEC
 * 14496-15 annex E.3).
 */
function codecOf(general: Buffer): string {
  const first = general.readUInt8(0)
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? ''
  const tier = (first & 0x20) === 0 ? 'L' : 'H'
  let compatibility = 0
  for (let bit = 0; bit < 32; bit++) {
    compatibility = compatibility * 2 + ((general.readUInt32BE(1) >>> bit) & 1)
  }
  const constraints = [...general.subarray(5, 11)]
  while (constraints.at(-1) === 0) constraints.pop()
  return [
    `${space}${first & 0x1f}`,
    compatibility.toString(16).toUpperCase(),
    `${tier}${general.readUInt8(11)}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.')
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly chromaFormat: number
  readonly lumaDepth: number
  readonly chromaDepth: number
  readonly layers: number
  readonly isNested: number
  readonly reorderDepth: number
}

/**
 * Reads a sequence parameter set (H.265 section 7.3.2.2.1), without emulation prevention bytes.
 *
 * @returns `undefined` if it is cut off.
 */
function parseSps(plain: Buffer): Picture | undefined {
  const bits = new BitReader(plain, 2)
  bits.skip(4)
  const lastLayer = bits.read(3)
  const isNested = bits.read(1)
  bits.skip(generalBytes * 8)
  skipLayers(bits, lastLayer)
  bits.readUe()
  const chromaFormat = bits.readUe() & 3
  const isSeparate = chromaFormat === 3 && bits.read(1) === 1
  const codedWidth = bits.readUe()
  const codedHeight = bits.readUe()
  const window = bits.read(1) === 1 ? [0, 0, 0, 0].map(() => bits.readUe()) : [0, 0, 0, 0]
  const lumaDepth = bits.readUe() & 7
  const chromaDepth = bits.readUe() & 7
  const reorderDepth = readReorderDepth(bits, lastLayer)
  if (bits.isPastEnd) return undefined
  const [left = 0, right = 0, top = 0, bottom = 0] = window
  const isSubsampled = !isSeparate && (chromaFormat === 1 || chromaFormat === 2)
  const width = codedWidth - (isSubsampled ? 2 : 1) * (left + right)
  const height = codedHeight - (!isSeparate && chromaFormat === 1 ? 2 : 1) * (top + bottom)
  if (!isSize(width) || !isSize(height)) return undefined
  return {
    width,
    height,
    chromaFormat,
    lumaDepth,
    chromaDepth,
    layers: lastLayer + 1,
    isNested,
    reorderDepth,
  }
}

/** Returns `sps_max_num_reorder_pics` of the highest temporal layer. */
function readReorderDepth(bits: BitReader, lastLayer: number): number {
  bits.readUe()
  let depth = 0
  for (let layer = bits.read(1) === 1 ? 0 : lastLayer; layer <= lastLayer; layer++) {
    bits.readUe()
    depth = bits.readUe()
    bits.readUe()
  }
  return depth
}

/** Skips profile and level of the lower temporal layers (H.265 section 7.3.3). */
function skipLayers(bits: BitReader, lastLayer: number): void {
  const present: [number, number][] = []
  for (let layer = 0; layer < lastLayer; layer++) present.push([bits.read(1), bits.read(1)])
  if (lastLayer > 0) bits.skip(2 * (8 - lastLayer))
  for (const [hasProfile, hasLevel] of present) {
    bits.skip(hasProfile * profileBits + hasLevel * levelBits)
  }
}
