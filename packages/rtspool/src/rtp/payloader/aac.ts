import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

export interface AacPayloaderOptions extends RtpPacketWriterOptions {
  /**
   * Maximum number of access units in one packet. A larger number saves headers but delays the
   * sound.
   * @default 1
   */
  readonly maxAccessUnitsPerPacket?: number
  /**
   * Ticks from one access unit to the next: `samplesPerAccessUnit` of the configuration.
   * @default 1024
   */
  readonly samplesPerAccessUnit?: number
}

/** Size in bytes of AU-headers-length, the field before the AU headers. */
const headersLengthBytes = 2
/** Size in bytes of the AU header of each access unit: sizelength=13 and indexlength=3 make 16 bits. */
const headerBytes = 2
const indexBits = 3
/** Maximum size of an access unit in bytes: 13 bits. A larger one is dropped. */
const largestAccessUnitBytes = 2 ** 13 - 1

/**
 * Packetizes AAC access units in the high bit-rate mode (RFC 3640 section 3.3.6).
 *
 * ```text
 *  AU-headers-length16 | size13 index3 … | access unit …
 * ```
 */
export class AacPayloader {
  readonly #writer: RtpPacketWriter
  readonly #maxAccessUnits: number
  readonly #samplesPerAccessUnit: number
  #droppedAccessUnits = 0

  constructor(options: AacPayloaderOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#maxAccessUnits = options.maxAccessUnitsPerPacket ?? 1
    this.#samplesPerAccessUnit = options.samplesPerAccessUnit ?? 1024
    if (!Number.isInteger(this.#maxAccessUnits) || this.#maxAccessUnits < 1) {
      throw new RangeError(
        `maxAccessUnitsPerPacket must be a positive integer, got ${this.#maxAccessUnits}`,
      )
    }
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * Number of dropped access units: empty ones, and those above the 8191 bytes of the size field.
   */
  get droppedAccessUnits(): number {
    return this.#droppedAccessUnits
  }

  /**
   * Packetizes consecutive access units.
   *
   * @param accessUnits - One or more units without a gap; raw, without ADTS headers.
   * @param timestamp - RTP time of the first unit, in samples; taken modulo 2^32.
   * @returns New packets that share no memory with the access units.
   */
  packetize(accessUnits: readonly Uint8Array[], timestamp: number): Buffer[] {
    const packets: Buffer[] = []
    let start = 0
    while (start < accessUnits.length) {
      const unitTimestamp = timestamp + start * this.#samplesPerAccessUnit
      const unit = accessUnits[start] as Uint8Array
      const end = this.#groupEnd(accessUnits, start)
      if (!isSendable(unit)) this.#droppedAccessUnits++
      else if (this.#fits(unit)) {
        packets.push(this.#aggregate(accessUnits.slice(start, end), unitTimestamp))
      } else this.#fragment(unit, unitTimestamp, packets)
      start = end
    }
    return packets
  }

  #fits(unit: Uint8Array): boolean {
    return headersLengthBytes + headerBytes + unit.length <= this.#writer.maxPayloadBytes
  }

  /**
   * Returns the end of a group of access units that fit in one packet: the index after its last
   * unit. The group begins at index `start`, and contains at least one unit.
   */
  #groupEnd(units: readonly Uint8Array[], start: number): number {
    const last = Math.min(units.length, start + this.#maxAccessUnits)
    let sizeBytes = headersLengthBytes
    let end = start
    for (; end < last; end++) {
      const unit = units[end] as Uint8Array
      sizeBytes += headerBytes + unit.length
      if (!isSendable(unit) || sizeBytes > this.#writer.maxPayloadBytes) break
    }
    return Math.max(end, start + 1)
  }

  /**
   * Builds a packet of whole access units. Its marker is set, because it ends with the end of an access unit (RFC
   * 3640 section 3.1).
   */
  #aggregate(units: readonly Uint8Array[], timestamp: number): Buffer {
    const headersBytes = units.length * headerBytes
    const unitsBytes = units.reduce((sum, unit) => sum + unit.length, 0)
    const payloadBytes = headersLengthBytes + headersBytes + unitsBytes
    const packet = this.#writer.allocate(payloadBytes, timestamp, true)
    let headerOffset = packet.writeUInt16BE(headersBytes * 8, rtpHeaderBytes)
    let offset = headerOffset + headersBytes
    for (const unit of units) {
      headerOffset = packet.writeUInt16BE(unit.length << indexBits, headerOffset)
      packet.set(unit, offset)
      offset += unit.length
    }
    return packet
  }

  /**
   * Splits one access unit over several packets; each header has the size of the whole unit (RFC 3640 section
   * 3.2.3.1).
   */
  #fragment(unit: Uint8Array, timestamp: number, packets: Buffer[]): void {
    const prefixBytes = headersLengthBytes + headerBytes
    const maxPieceBytes = this.#writer.maxPayloadBytes - prefixBytes
    for (let start = 0; start < unit.length; start += maxPieceBytes) {
      const piece = unit.subarray(start, start + maxPieceBytes)
      const isEnd = start + piece.length === unit.length
      const packet = this.#writer.allocate(prefixBytes + piece.length, timestamp, isEnd)
      packet.writeUInt16BE(headerBytes * 8, rtpHeaderBytes)
      packet.writeUInt16BE(unit.length << indexBits, rtpHeaderBytes + headersLengthBytes)
      packet.set(piece, rtpHeaderBytes + prefixBytes)
      packets.push(packet)
    }
  }
}

function isSendable(unit: Uint8Array): boolean {
  return unit.length > 0 && unit.length <= largestAccessUnitBytes
}
