import { asBuffer } from './nal-units.js'

/** Parts of a JPEG picture that an RTP payload has (RFC 2435). */
export interface JpegPicture {
  readonly width: number
  readonly height: number
  /** Type of the colour sampling in the RTP header: 0 for 4:2:2, 1 for 4:2:0 (RFC 2435 section 3.1.3). */
  readonly type: 0 | 1
  /** Quantization tables for brightness and colour, 64 bytes each, in the order of the file. */
  readonly quantization: Buffer
  /** Number of MCUs (blocks of pixels) between restart markers; 0 without markers. */
  readonly restartInterval: number
  /** Entropy-coded data: a view of the picture. */
  readonly scan: Buffer
}

const markers = {
  startOfImage: 0xd8,
  frame: 0xc0,
  huffman: 0xc4,
  tables: 0xdb,
  restart: 0xdd,
  scan: 0xda,
}
const tableBytes = 64
/** Hashes of the Huffman tables of the JPEG standard (annex K.3), by class and number: receivers know no others. */
const standardTables: ReadonlyMap<number, number> = new Map([
  [0x00, 0xe48bfdb5],
  [0x01, 0x977999b9],
  [0x10, 0x46e27b3f],
  [0x11, 0xde2cebb9],
])

/** Values from the segments of a JPEG picture that have been read so far. */
interface Segments {
  readonly tables: Map<number, Buffer>
  size?: {
    readonly width: number
    readonly height: number
    readonly type: 0 | 1
    readonly used: number[]
  }
  restartInterval: number
}

/**
 * Reads a baseline JPEG picture.
 *
 * @returns A text that tells why RTP cannot carry the picture (RFC 2435): it is no picture, it is progressive, or has
 *   other Huffman tables, colours or sizes than the format knows.
 */
export function parseJpeg(picture: Uint8Array): JpegPicture | string {
  const bytes = asBuffer(picture)
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xff00 + markers.startOfImage) {
    return 'no JPEG picture'
  }
  const segments: Segments = { tables: new Map(), restartInterval: 0 }
  let offset = 2
  while (offset + 4 <= bytes.length) {
    if (bytes[offset] !== 0xff) return 'a marker is missing'
    const marker = bytes[offset + 1] as number
    if (marker === 0xff) {
      offset++
      continue
    }
    const end = offset + 2 + bytes.readUInt16BE(offset + 2)
    if (end > bytes.length) return 'a segment is cut off'
    const body = bytes.subarray(offset + 4, end)
    const problem = readSegment(marker, body, segments)
    if (problem !== undefined) return problem
    if (marker === markers.scan) return toPicture(segments, bytes.subarray(end))
    offset = end
  }
  return 'the scan is missing'
}

/**
 * Reads one segment of a JPEG picture. @returns The reason why RTP cannot carry the picture; `undefined` if there is
 * none.
 */
function readSegment(marker: number, body: Buffer, segments: Segments): string | undefined {
  if (marker === markers.tables) return readTables(body, segments.tables)
  if (marker === markers.huffman)
    return hasStandardTables(body) ? undefined : 'Huffman tables of its own'
  if (marker === markers.restart) {
    if (body.length < 2) return 'a segment is cut off'
    segments.restartInterval = body.readUInt16BE(0)
  }
  if (marker === markers.frame) return readFrame(body, segments)
  // Extended, progressive and lossless pictures; 0xc8 and 0xcc are none.
  const isOtherFrame =
    marker > markers.frame && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
  return isOtherFrame ? 'not baseline' : undefined
}

function readTables(body: Buffer, tables: Map<number, Buffer>): string | undefined {
  for (let offset = 0; offset < body.length; offset += 1 + tableBytes) {
    const head = body[offset] as number
    if (head >> 4 !== 0) return 'quantization tables of 16 bits'
    if (offset + 1 + tableBytes > body.length) return 'a segment is cut off'
    tables.set(head & 0x0f, body.subarray(offset + 1, offset + 1 + tableBytes))
  }
  return undefined
}

function hasStandardTables(body: Buffer): boolean {
  for (let offset = 0; offset < body.length; ) {
    const counts = body.subarray(offset + 1, offset + 17)
    const end = offset + 17 + counts.reduce((sum, count) => sum + count, 0)
    if (end > body.length) return false
    if (hashOf(body.subarray(offset + 1, end)) !== standardTables.get(body[offset] as number))
      return false
    offset = end
  }
  return true
}

/** Returns the FNV-1a hash of a Huffman table, which is compared with those of the standard tables. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/** Types of colour sampling in the RTP header, by the sampling factors of the brightness (RFC 2435 section 4.1). */
const types: ReadonlyMap<number, 0 | 1> = new Map([
  [0x21, 0],
  [0x22, 1],
])

function readFrame(body: Buffer, segments: Segments): string | undefined {
  const components = body[5]
  if (body.length < 15 || components !== 3) return 'not three colour components'
  const type = types.get(body[7] as number)
  const isSubsampled = body[10] === 0x11 && body[13] === 0x11
  if (type === undefined || !isSubsampled) return 'neither 4:2:0 nor 4:2:2'
  const used = [8, 11, 14].map((at) => body[at] as number)
  segments.size = { height: body.readUInt16BE(1), width: body.readUInt16BE(3), type, used }
  return undefined
}

function toPicture(
  { size, tables, restartInterval }: Segments,
  scan: Buffer,
): JpegPicture | string {
  if (!size) return 'the frame header is missing'
  const [luma, blue, red] = size.used.map((id) => tables.get(id))
  if (!luma || !blue || !red?.equals(blue)) return 'quantization tables are missing'
  const ends = scan.lastIndexOf(Buffer.from([0xff, 0xd9]))
  return {
    ...{ width: size.width, height: size.height, type: size.type, restartInterval },
    quantization: Buffer.concat([luma, blue]),
    scan: ends < 0 ? scan : scan.subarray(0, ends),
  }
}
