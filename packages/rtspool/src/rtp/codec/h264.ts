import { asBuffer } from './nal-units.js'

/** NAL unit types of H.264 table 7-1 and RFC 6184 table 1 that are used here. */
export const h264NalTypes = Object.freeze({
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  stapA: 24,
  fuA: 28,
} as const)

const nalTypeMask = 0x1f

/** Contents of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1). */
export interface AvcConfiguration {
  /** Sequence parameter sets: views of the record. */
  readonly sps: readonly Buffer[]
  /** Picture parameter sets: views of the record. */
  readonly pps: readonly Buffer[]
  /** Size in bytes of the length field before each NAL unit of a sample: 1, 2 or 4. */
  readonly lengthSize: number
  /** Profile, constraints and level of the stream: six hexadecimal digits, as in `profile-level-id`. */
  readonly profileLevelId: string
}

/**
 * Parses the AVCDecoderConfigurationRecord of a file (`avcC` in MP4).
 *
 * ```text
 *  version=1 profile constraints level 111111|lengthSize-1 111|spsCount { length16 sps } ppsCount { length16 pps }
 * ```
 *
 * @throws {RangeError} The record is cut off, or has another version.
 */
export function parseAvcConfiguration(record: Uint8Array): AvcConfiguration {
  const buffer = asBuffer(record)
  if (buffer.length < 7 || buffer[0] !== 1) {
    throw new RangeError(
      `avcC: expected version 1, got ${buffer.toString('hex', 0, 8) || 'nothing'}`,
    )
  }
  const sps = readParameterSets(buffer, 6, buffer.readUInt8(5) & 0x1f)
  if (sps.end >= buffer.length) throw new RangeError('avcC: expected the count of PPS, got the end')
  const pps = readParameterSets(buffer, sps.end + 1, buffer.readUInt8(sps.end))
  const [firstSps] = sps.units
  return {
    sps: sps.units,
    pps: pps.units,
    lengthSize: (buffer.readUInt8(4) & 0x03) + 1,
    // RFC 6184 section 8.1 requires the value from the SPS; the record repeats it.
    profileLevelId:
      firstSps === undefined ? buffer.toString('hex', 1, 4) : profileLevelIdOf(firstSps),
  }
}

function readParameterSets(buffer: Buffer, start: number, count: number) {
  const units: Buffer[] = []
  let end = start
  for (let index = 0; index < count; index++) {
    const unitStart = end + 2
    const unitEnd = unitStart <= buffer.length ? unitStart + buffer.readUInt16BE(end) : unitStart
    if (unitEnd > buffer.length) {
      throw new RangeError(`avcC: expected ${unitEnd} bytes or more, got ${buffer.length}`)
    }
    units.push(buffer.subarray(unitStart, unitEnd))
    end = unitEnd
  }
  return { units, end }
}

/**
 * Derives the configuration from a stream that carries its parameter sets itself, such as MPEG-TS.
 *
 * @param units - NAL units of a key frame.
 * @returns `undefined` if there is no sequence parameter set. The value of `lengthSize`, 4, has no
 *   meaning.
 */
export function avcConfigurationOf(units: readonly Buffer[]): AvcConfiguration | undefined {
  const ofType = (type: number) =>
    units.filter((unit) => (unit.readUInt8(0) & nalTypeMask) === type)
  const sps = ofType(h264NalTypes.sps)
  const [first] = sps
  if (!first) return undefined
  return {
    sps,
    pps: ofType(h264NalTypes.pps),
    lengthSize: 4,
    profileLevelId: profileLevelIdOf(first),
  }
}

/** Returns `profile-level-id`: the three bytes after the header of a sequence parameter set. */
export function profileLevelIdOf(sps: Uint8Array): string {
  return asBuffer(sps).toString('hex', 1, 4)
}

/** Returns the value of `a=fmtp` for H.264 with packetization mode 1 (RFC 6184 section 8.1). */
export function h264Fmtp(
  configuration: Pick<AvcConfiguration, 'sps' | 'pps' | 'profileLevelId'>,
): string {
  const sets = [...configuration.sps, ...configuration.pps].map((set) => set.toString('base64'))
  const parameters = ['packetization-mode=1', `profile-level-id=${configuration.profileLevelId}`]
  if (sets.length > 0) parameters.push(`sprop-parameter-sets=${sets.join(',')}`)
  return parameters.join(';')
}
