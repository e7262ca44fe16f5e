import { avcConfigurationOf } from 'rtspool/rtp'
import { box, u8, u16 } from '../fmp4/box.js'
import { videoEntry } from '../fmp4/sample-entries.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { BitReader, withoutEmulationPrevention } from './bit-reader.js'
import { reorderDepthOf } from './h264-vui.js'

/**
 * Numbers of the profiles whose sequence parameter sets contain the chroma format (H.264 section
 * 7.3.2.1.1).
 */
const colourProfiles = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244])
/**
 * Numbers of the profiles whose `avcC` repeats the chroma format (ISO/IEC 14496-15 section
 * 5.3.3.1.2).
 */
const extendedProfiles = new Set([100, 110, 122, 144, 244])
const macroblock = 16
/**
 * Maximum number of sequence parameter sets in `avcC`; the next constant is for picture parameter
 * sets.
 */
const maxSps = 31
const maxPps = 255
const typeMask = 0x1f
const sps = 7
const pps = 8
const accessUnitDelimiter = 9

/**
 * Returns whether a NAL unit belongs into an MP4 sample. Parameter sets do not, because the init
 * segment contains them.
 */
export function isH264SampleUnit(unit: Uint8Array): boolean {
  const type = (unit[0] ?? 0) & typeMask
  return type !== sps && type !== pps && type !== accessUnitDelimiter
}

/**
 * Returns the MP4 format of an H.264 track from the parameter sets in a key frame.
 *
 * @returns `undefined` without usable parameter sets.
 */
export function h264Format(parts: readonly Buffer[], timescale: number): TrackFormat | undefined {
  const configuration = avcConfigurationOf(parts)
  const [first] = configuration?.sps ?? []
  if (!configuration || !first || configuration.pps.length === 0) return undefined
  if (![...configuration.sps, ...configuration.pps].every(fitsRecord)) return undefined
  const picture = parseSps(first)
  if (!picture) return undefined
  const { width, height } = picture
  const record = box('avcC', avcRecord(first, picture, configuration.sps, configuration.pps))
  return {
    ...{ kind: 'video', timescale, width, height, reorderDepth: picture.reorderDepth },
    codec: `avc1.${configuration.profileLevelId}`,
    entry: videoEntry('avc1', width, height, record),
  }
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly chromaFormat: number
  readonly lumaDepth: number
  readonly chromaDepth: number
  readonly reorderDepth: number
}

/**
 * Writes an AVCDecoderConfigurationRecord (`avcC`) for samples in which each NAL unit follows a
 * length of four bytes.
 */
function avcRecord(
  first: Buffer,
  picture: Picture,
  spsUnits: readonly Buffer[],
  ppsUnits: readonly Buffer[],
): Buffer {
  const profile = first.readUInt8(1)
  const spsSets = distinct(spsUnits, maxSps)
  const ppsSets = distinct(ppsUnits, maxPps)
  const extension = extendedProfiles.has(profile)
    ? [u8(0xfc | picture.chromaFormat, 0xf8 | picture.lumaDepth, 0xf8 | picture.chromaDepth, 0)]
    : []
  return Buffer.concat([
    u8(1, ...first.subarray(1, 4), 0xfc | 3, 0xe0 | spsSets.length),
    ...spsSets.flatMap((set) => [u16(set.length), set]),
    u8(ppsSets.length),
    ...ppsSets.flatMap((set) => [u16(set.length), set]),
    ...extension,
  ])
}

/** Returns whether a parameter set fits into `avcC` or `hvcC` (decoder configuration), where its length has 16 bits. */
export const fitsRecord = (set: Buffer): boolean => set.length <= 0xffff

/**
 * Returns the first `max` NAL units that differ from each other, in their order. The time is linear in the bytes.
 */
export function distinct(units: readonly Buffer[], max: number): Buffer[] {
  const byBytes = new Map<string, Buffer>()
  for (const unit of units) {
    if (byBytes.size === max) break
    const bytes = unit.toString('latin1')
    if (!byBytes.has(bytes)) byBytes.set(bytes, unit)
  }
  return [...byBytes.values()]
}

/** Reads a sequence parameter set (H.264 section 7.3.2.1.1). @returns `undefined` if it is cut off. */
function parseSps(unit: Buffer): Picture | undefined {
  if (unit.length < 4) return undefined
  const bits = new BitReader(withoutEmulationPrevention(unit), 4)
  bits.readUe()
  const colours = colourProfiles.has(unit.readUInt8(1)) ? readColours(bits) : yuv420
  bits.readUe()
  skipPictureOrder(bits)
  bits.readUe()
  bits.skip(1)
  const widthUnits = bits.readUe() + 1
  const heightUnits = bits.readUe() + 1
  const fieldFactor = 2 - bits.read(1)
  if (fieldFactor === 2) bits.skip(1)
  bits.skip(1)
  const crop = bits.read(1) === 1 ? [0, 0, 0, 0].map(() => bits.readUe()) : [0, 0, 0, 0]
  if (bits.isPastEnd) return undefined
  const reorderDepth = bits.read(1) === 1 ? reorderDepthOf(bits) : 0
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const { chromaFormat, isSeparate } = colours
  const isSubsampled = !isSeparate && (chromaFormat === 1 || chromaFormat === 2)
  const cropX = isSubsampled ? 2 : 1
  const cropY = (!isSeparate && chromaFormat === 1 ? 2 : 1) * fieldFactor
  const width = widthUnits * macroblock - cropX * (left + right)
  const height = heightUnits * macroblock * fieldFactor - cropY * (top + bottom)
  return isSize(width) && isSize(height) ? { ...colours, width, height, reorderDepth } : undefined
}

/** Returns whether a width or height in pixels fits into the 16 bits of a sample entry. */
export const isSize = (pixels: number): boolean => pixels > 0 && pixels <= 0xffff

const yuv420 = { chromaFormat: 1, isSeparate: false, lumaDepth: 0, chromaDepth: 0 }

function readColours(bits: BitReader): typeof yuv420 {
  const chromaFormat = bits.readUe() & 3
  const isSeparate = chromaFormat === 3 && bits.read(1) === 1
  const lumaDepth = bits.readUe() & 7
  const chromaDepth = bits.readUe() & 7
  bits.skip(1)
  if (bits.read(1) === 1) {
    const lists = chromaFormat === 3 ? 12 : 8
    for (let index = 0; index < lists; index++) {
      if (bits.read(1) === 1) skipScalingList(bits, index < 6 ? 16 : 64)
    }
  }
  return { chromaFormat, isSeparate, lumaDepth, chromaDepth }
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8
  let next = 8
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.readSe() + 256) % 256
    if (next !== 0) last = next
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.readUe()
  if (type === 0) bits.readUe()
  if (type !== 1) return
  bits.skip(1)
  bits.readSe()
  bits.readSe()
  const count = Math.min(bits.readUe(), 255)
  for (let index = 0; index < count; index++) bits.readSe()
}
