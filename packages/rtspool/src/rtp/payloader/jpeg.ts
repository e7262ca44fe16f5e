import { type JpegPicture, parseJpeg } from '../codec/jpeg.js'
import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const mainHeaderBytes = 8
const restartHeaderBytes = 4
const tablesHeaderBytes = 4
/** Number that is added to the type of a picture in the payload header if the picture has restart markers. */
const restartType = 64
/** Value of the field Q in the payload header for pictures that contain their own quantization tables. */
const ownTables = 255
const blockPixels = 8
/** Maximum width and height of a picture in pixels: 255 blocks. */
const maxPixels = 255 * blockPixels
/** Size in bytes that the entropy-coded data of a picture must not reach: the offset of a piece has 24 bits. */
const maxScanBytes = 2 ** 24

/**
 * Packetizes pictures of baseline JPEG (RFC 2435).
 *
 * ```text
 *  0 | offset24 | type8 Q8 width8 height8 | restart interval16 F L count14 | 0 0 length16 tables | piece of the scan
 *                                           └ with restart markers         └ in the first packet
 * ```
 */
export class JpegPayloader {
  readonly #writer: RtpPacketWriter
  #droppedPictures = 0

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /** Number of dropped pictures: those that RFC 2435 cannot carry, see {@link packetize}. */
  get droppedPictures(): number {
    return this.#droppedPictures
  }

  /**
   * Packetizes one picture: baseline, 4:2:0 or 4:2:2, with the Huffman tables of the standard, up to 2040x2040. Any
   * other is dropped.
   *
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the picture.
   */
  packetize(picture: Uint8Array, timestamp: number): Buffer[] {
    const jpeg = parseJpeg(picture)
    if (typeof jpeg === 'string' || !fits(jpeg)) {
      this.#droppedPictures++
      return []
    }
    const { scan } = jpeg
    const packets: Buffer[] = []
    for (let start = 0; start < scan.length; ) {
      const header = headerOf(jpeg, start)
      const end = Math.min(scan.length, start + this.#writer.maxPayloadBytes - header.length)
      const sizeBytes = header.length + end - start
      const packet = this.#writer.allocate(sizeBytes, timestamp, end === scan.length)
      packet.set(header, rtpHeaderBytes)
      packet.set(scan.subarray(start, end), rtpHeaderBytes + header.length)
      packets.push(packet)
      start = end
    }
    return packets
  }
}

const fits = ({ width, height, scan }: JpegPicture): boolean =>
  width > 0 && width <= maxPixels && height > 0 && height <= maxPixels && scan.length < maxScanBytes

function headerOf(jpeg: JpegPicture, start: number): Buffer {
  const { width, height, type, quantization, restartInterval } = jpeg
  const hasRestarts = restartInterval > 0
  const tablesBytes = start === 0 ? tablesHeaderBytes + quantization.length : 0
  const header = Buffer.alloc(
    mainHeaderBytes + (hasRestarts ? restartHeaderBytes : 0) + tablesBytes,
  )
  header.writeUIntBE(start, 1, 3)
  header[4] = type + (hasRestarts ? restartType : 0)
  header[5] = ownTables
  header[6] = Math.ceil(width / blockPixels)
  header[7] = Math.ceil(height / blockPixels)
  if (hasRestarts) {
    header.writeUInt16BE(restartInterval, mainHeaderBytes)
    // F and L are set, and the count is not used: pieces are whole frames only (RFC 2435 section 3.1.7).
    header.writeUInt16BE(0xffff, mainHeaderBytes + 2)
  }
  if (start === 0) {
    const tablesAt = header.length - tablesBytes
    header.writeUInt16BE(quantization.length, tablesAt + 2)
    quantization.copy(header, tablesAt + tablesHeaderBytes)
  }
  return header
}
