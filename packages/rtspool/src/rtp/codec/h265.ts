import { asBuffer } from './nal-units.js'

/** NAL unit types of H.265 table 7-1 and RFC 7798 section 4.4 that are used here. */
export const h265NalTypes = Object.freeze({
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  prefixSei: 39,
  aggregationPacket: 48,
  fragmentationUnit: 49,
} as const)

/** Returns the type of a NAL unit (RFC 7798 section 1.1.4): bits 1 to 6 of the first byte. */
export const h265TypeOf = (unit: Uint8Array): number => ((unit[0] ?? 0) >> 1) & 0x3f

/** Parameter sets of an H.265 stream. */
export interface HevcParameterSets {
  readonly vps: readonly Buffer[]
  readonly sps: readonly Buffer[]
  readonly pps: readonly Buffer[]
}

/** Contents of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 8.3.3.1). */
export interface HevcConfiguration extends HevcParameterSets {
  /** Size in bytes of the length field before each NAL unit of a sample: 1, 2 or 4. */
  readonly lengthSize: number
}

/**
 * Number of bytes of an HEVCDecoderConfigurationRecord before its arrays of NAL units: version, profile, tier, level,
 * formats and lengths.
 */
const fixedBytes = 22
const lengthSizeOffset = 21
const arrayHeaderBytes = 3

/**
 * Parses the HEVCDecoderConfigurationRecord of a file (`hvcC` in MP4).
 *
 * ```text
 *  version=1 … (20 bytes) …….lengthSize-1 arrayCount { 00|type6 count16 { length16 nal } }
 * ```
 *
 * @returns Views of the record.
 * @throws {RangeError} The record is cut off, or has another version.
 */
export function parseHevcConfiguration(record: Uint8Array): HevcConfiguration {
  const buffer = asBuffer(record)
  if (buffer.length <= fixedBytes || buffer[0] !== 1) {
    const got = buffer.toString('hex', 0, 8) || 'nothing'
    throw new RangeError(`hvcC: expected version 1 and 23 bytes or more, got ${got}`)
  }
  const units: Buffer[] = []
  let offset = fixedBytes + 1
  for (let arrays = buffer.readUInt8(fixedBytes); arrays > 0; arrays--) {
    requireBytes(buffer, offset + arrayHeaderBytes)
    const count = buffer.readUInt16BE(offset + 1)
    offset += arrayHeaderBytes
    for (let index = 0; index < count; index++) {
      requireBytes(buffer, offset + 2)
      const start = offset + 2
      offset = start + buffer.readUInt16BE(offset)
      requireBytes(buffer, offset)
      if (offset > start) units.push(buffer.subarray(start, offset))
    }
  }
  return { ...hevcParameterSetsOf(units), lengthSize: (buffer.readUInt8(lengthSizeOffset) & 3) + 1 }
}

/**
 * Returns the parameter sets among the NAL units of a key frame, for streams without a configuration record, such as
 * MPEG-TS.
 */
export function hevcParameterSetsOf(units: readonly Buffer[]): HevcParameterSets {
  const ofType = (type: number) => units.filter((unit) => h265TypeOf(unit) === type)
  const { vps, sps, pps } = h265NalTypes
  return { vps: ofType(vps), sps: ofType(sps), pps: ofType(pps) }
}

/**
 * Returns the value of `a=fmtp` for H.265; `undefined` without parameter sets (RFC 7798 section
 * 7.1).
 */
export function h265Fmtp({ vps, sps, pps }: HevcParameterSets): string | undefined {
  const parameters = [
    ['sprop-vps', vps],
    ['sprop-sps', sps],
    ['sprop-pps', pps],
  ] as const
  const written = parameters
    .filter(([, sets]) => sets.length > 0)
    .map(([name, sets]) => `${name}=${sets.map((set) => set.toString('base64')).join(',')}`)
  return written.length > 0 ? written.join(';') : undefined
}

function requireBytes(buffer: Buffer, end: number): void {
  if (end <= buffer.length) return
  throw new RangeError(`hvcC: expected ${end} bytes or more, got ${buffer.length}`)
}
