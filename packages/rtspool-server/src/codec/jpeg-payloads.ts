import { hexPairs, standardHuffman, standardQuantizers } from './jpeg-tables.js'

const mainHeaderBytes = 8
const restartHeaderBytes = 4
const tablesHeaderBytes = 4
const blockPixels = 8
/** First type with a restart header: types from 64 to 127 have one (RFC 2435 section 3.1.3). */
const restartTypes = 64
/**
 * First value of Q with tables in the payload: from 128 to 255, the first packet of a picture contains quantization
 * tables.
 */
const ownTables = 128
const tableBytes = 64

const markers = Object.freeze({
  startOfImage: 0xd8,
  jfif: 0xe0,
  quantization: 0xdb,
  restart: 0xdd,
  frame: 0xc0,
  huffman: 0xc4,
  scan: 0xda,
  endOfImage: 0xd9,
})

/** Header and data of an RTP payload of JPEG (RFC 2435 section 3.1). */
interface PayloadHeader {
  readonly offset: number
  readonly type: number
  readonly q: number
  readonly width: number
  readonly height: number
  /** Number of blocks (MCUs) between two restart markers; 0 = no markers. */
  readonly restartInterval: number
  /** Quantization tables; empty in all packets but the first, and with standard tables. */
  readonly tables: Buffer
  /** True if a quantization table has values of 16 bits, which are not supported. */
  readonly hasWideTables: boolean
  /** Piece of the scan (the compressed picture): a view of the payload. */
  readonly data: Buffer
}

/** A JPEG file with its size in pixels. */
export interface JpegFile {
  readonly bytes: Buffer
  readonly width: number
  readonly height: number
}

/**
 * Joins the RTP payloads of one picture to a JPEG file (RFC 2435 appendix B). The scan stays as the
 * camera has sent it, so that no quality is lost.
 *
 * @param payloads - Payloads of one timestamp, complete and in order.
 * @returns `undefined` if they form no picture, or use tables of an earlier picture.
 */
export function jpegOfPayloads(payloads: readonly Buffer[]): JpegFile | undefined {
  const headers = payloads.map(headerOf)
  const [first] = headers
  if (!first || first.width === 0 || first.height === 0 || (first.type & ~restartTypes) > 1) {
    return undefined
  }
  const tables = first.q >= ownTables ? ownTablesOf(first) : standardQuantizers(first.q)
  if (!tables) return undefined
  const pieces: Buffer[] = []
  let offset = 0
  for (const header of headers) {
    if (!header || header.offset !== offset) return undefined
    pieces.push(header.data)
    offset += header.data.length
  }
  const { width, height } = first
  const end = Buffer.from([0xff, markers.endOfImage])
  const scan = Buffer.concat(pieces)
  const isEnded = scan.subarray(-end.length).equals(end)
  const parts = [...headOf(first, tables), scan, ...(isEnded ? [] : [end])]
  return { bytes: Buffer.concat(parts), width, height }
}

/** Parses the headers of an RTP payload of JPEG. @returns `undefined` if the payload is cut off. */
function headerOf(payload: Buffer): PayloadHeader | undefined {
  if (payload.length < mainHeaderBytes) return undefined
  const offset = payload.readUIntBE(1, 3)
  const [type = 0, q = 0, columns = 0, rows = 0] = payload.subarray(4, mainHeaderBytes)
  const hasRestarts = type >= restartTypes && type < 2 * restartTypes
  let at = mainHeaderBytes + (hasRestarts ? restartHeaderBytes : 0)
  if (payload.length < at) return undefined
  const restartInterval = hasRestarts ? payload.readUInt16BE(mainHeaderBytes) : 0
  let tables: Buffer = Buffer.alloc(0)
  let hasWideTables = false
  if (offset === 0 && q >= ownTables) {
    if (payload.length < at + tablesHeaderBytes) return undefined
    hasWideTables = payload[at + 1] !== 0
    const end = at + tablesHeaderBytes + payload.readUInt16BE(at + 2)
    if (end > payload.length) return undefined
    tables = payload.subarray(at + tablesHeaderBytes, end)
    at = end
  }
  const size = { width: columns * blockPixels, height: rows * blockPixels }
  const data = payload.subarray(at)
  return { ...size, offset, type, q, restartInterval, tables, hasWideTables, data }
}

/**
 * Returns the quantization tables for brightness and colour in a payload, which may be the same one. `undefined` unless
 * the payload has whole tables with values of 8 bits.
 */
function ownTablesOf({ tables, hasWideTables }: PayloadHeader): readonly Buffer[] | undefined {
  if (hasWideTables || tables.length === 0 || tables.length % tableBytes !== 0) return undefined
  const luma = tables.subarray(0, tableBytes)
  const chroma = tables.length > tableBytes ? tables.subarray(tableBytes, 2 * tableBytes) : luma
  return [luma, chroma]
}

/**
 * Returns the segments of a JPEG file in front of the compressed picture.
 *
 * @param tables - Quantization tables for brightness and colour.
 */
function headOf(
  { type, width, height, restartInterval }: PayloadHeader,
  tables: readonly Buffer[],
): readonly Buffer[] {
  // Brightness has twice the samples of colour across, and in type 1 down as well.
  const sampling = (type & ~restartTypes) === 1 ? 0x22 : 0x21
  const size = Buffer.alloc(4)
  size.writeUInt16BE(height, 0)
  size.writeUInt16BE(width, 2)
  const interval = Buffer.alloc(2)
  interval.writeUInt16BE(restartInterval)
  return [
    Buffer.from([0xff, markers.startOfImage]),
    segment(markers.jfif, Buffer.from('JFIF\0'), hexPairs('0101000001000100 00')),
    ...tables.map((table, index) => segment(markers.quantization, Buffer.from([index]), table)),
    ...(restartInterval > 0 ? [segment(markers.restart, interval)] : []),
    segment(
      markers.frame,
      Buffer.from([8]),
      size,
      Buffer.from([3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]),
    ),
    ...standardHuffman.map((table) => segment(markers.huffman, table)),
    segment(markers.scan, hexPairs('03 0100 0211 0311 003f00')),
  ]
}

function segment(marker: number, ...body: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(body)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(2 + bytes.length, 2)
  return Buffer.concat([head, bytes])
}
