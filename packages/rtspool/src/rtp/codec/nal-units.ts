/** Returns the bytes of any `Uint8Array` as a `Buffer` of the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Splits a sample of an MP4 or Matroska file, in which each NAL unit follows its length.
 *
 * @returns Views of the sample, without empty units and without a last unit that is cut off.
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

/** Start code `00 00 01`; the four-byte form has a further zero before it. */
const startCode = Buffer.from([0, 0, 1])
const longStartCode = Buffer.from([0, 0, 0, 1])

/**
 * Splits a byte stream with start codes (annex B of H.264 and H.265), as from encoders and MPEG-TS.
 *
 * @returns Views of the stream, without start codes and the zeros around them. Bytes before the
 *   first start code are left out.
 */
export function splitAnnexB(stream: Uint8Array): Buffer[] {
  const buffer = asBuffer(stream)
  const units: Buffer[] = []
  let codeAt = buffer.indexOf(startCode)
  while (codeAt !== -1) {
    const start = codeAt + startCode.length
    codeAt = buffer.indexOf(startCode, start)
    let end = codeAt === -1 ? buffer.length : codeAt
    // A NAL unit never ends with a zero byte (section 7.4.1 of both).
    while (end > start && buffer[end - 1] === 0) end--
    if (end > start) units.push(buffer.subarray(start, end))
  }
  return units
}

/** Joins NAL units to a byte stream with start codes of four bytes, as decoders and MPEG-TS take it. Copies them. */
export function joinAnnexB(units: readonly Uint8Array[]): Buffer {
  return Buffer.concat(units.flatMap((unit) => [longStartCode, unit]))
}
