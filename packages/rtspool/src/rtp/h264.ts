/** NAL unit types of H.264 table 7-1 and RFC 6184 table 1 that matter here. */
export const h264NalTypes = Object.freeze({
  idrSlice: 5,
  sps: 7,
  pps: 8,
  stapA: 24,
  fuA: 28,
} as const)

const nalTypeMask = 0x1f
const fuStartBit = 0x80

/** What an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1) says. */
export interface AvcConfiguration {
  /** Sequence parameter sets: views of the record. */
  readonly sps: readonly Buffer[]
  /** Picture parameter sets: views of the record. */
  readonly pps: readonly Buffer[]
  /** Bytes of the length before each NAL unit of a sample: 1, 2 or 4. */
  readonly lengthSize: number
  /** Profile, constraints and level: six hexadecimal digits. */
  readonly profileLevelId: string
}

/**
 * Reads the `avcC` box of a file.
 *
 * ```text
 *  version=1 profile constraints level 111111|lengthSize-1 111|spsCount { length16 sps } ppsCount { length16 pps }
 * ```
 *
 * @throws {RangeError} The record is cut off, or of another version.
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
    // RFC 6184 section 8.1 wants what the SPS says; the record repeats it.
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

/** `profile-level-id`: the three bytes after the header of a sequence parameter set. */
export function profileLevelIdOf(sps: Uint8Array): string {
  return asBuffer(sps).toString('hex', 1, 4)
}

/** The value of `a=fmtp` for H.264 sent with packetization mode 1 (RFC 6184 section 8.1). */
export function h264Fmtp(
  configuration: Pick<AvcConfiguration, 'sps' | 'pps' | 'profileLevelId'>,
): string {
  const sets = [...configuration.sps, ...configuration.pps].map((set) => set.toString('base64'))
  const parameters = ['packetization-mode=1', `profile-level-id=${configuration.profileLevelId}`]
  if (sets.length > 0) parameters.push(`sprop-parameter-sets=${sets.join(',')}`)
  return parameters.join(';')
}

/**
 * Splits a sample of an MP4 or Matroska file: each NAL unit behind its length.
 *
 * @returns Views of the sample. A last unit that is cut off is left out, as are empty ones.
 */
export function splitLengthPrefixed(sample: Uint8Array, lengthSize: number): Buffer[] {
  const buffer = asBuffer(sample)
  const units: Buffer[] = []
  let offset = 0
  while (offset + lengthSize <= buffer.length) {
    const start = offset + lengthSize
    const end = start + buffer.readUIntBE(offset, lengthSize)
    if (end > buffer.length) break
    if (end > start) units.push(buffer.subarray(start, end))
    offset = end
  }
  return units
}

/** `00 00 01`; the four-byte form has a further zero before it. */
const startCode = Buffer.from([0, 0, 1])

/**
 * Splits a byte stream with start codes (H.264 annex B), as encoders and MPEG-TS give it.
 *
 * @returns Views of the stream, without start codes and the zeros around them. What comes before the
 * first start code is left out.
 */
export function splitAnnexB(stream: Uint8Array): Buffer[] {
  const buffer = asBuffer(stream)
  const units: Buffer[] = []
  let codeAt = buffer.indexOf(startCode)
  while (codeAt !== -1) {
    const start = codeAt + startCode.length
    codeAt = buffer.indexOf(startCode, start)
    let end = codeAt === -1 ? buffer.length : codeAt
    // A NAL unit never ends with a zero byte (H.264 section 7.4.1).
    while (end > start && buffer[end - 1] === 0) end--
    if (end > start) units.push(buffer.subarray(start, end))
  }
  return units
}

/**
 * Whether an RTP payload begins something that a decoder can start with: an IDR slice or a sequence
 * parameter set, alone, in a STAP-A, or as the first fragment of an FU-A.
 *
 * The packets of one key frame may answer `true` more than once (parameter sets, then slices), all with
 * the same timestamp.
 */
export function isH264KeyFrame(payload: Uint8Array): boolean {
  if (payload.length === 0) return false
  const type = (payload[0] as number) & nalTypeMask
  if (type === h264NalTypes.stapA) return stapHoldsKeyFrame(payload)
  if (type !== h264NalTypes.fuA) return isKeyType(type)
  if (payload.length < 2) return false
  const fuHeader = payload[1] as number
  return (fuHeader & fuStartBit) !== 0 && isKeyType(fuHeader & nalTypeMask)
}

function stapHoldsKeyFrame(payload: Uint8Array): boolean {
  let offset = 1
  while (offset + 2 < payload.length) {
    const unitBytes = ((payload[offset] as number) << 8) | (payload[offset + 1] as number)
    const type = (payload[offset + 2] as number) & nalTypeMask
    if (unitBytes > 0 && isKeyType(type)) return true
    offset += 2 + unitBytes
  }
  return false
}

function isKeyType(type: number): boolean {
  return type === h264NalTypes.idrSlice || type === h264NalTypes.sps
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
