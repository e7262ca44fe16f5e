import { rtpHeaderBytes } from '../packet.js'
import type { RtpPacketWriter } from './packet-writer.js'

/** Differences between the payload formats of H.264 (RFC 6184) and H.265 (RFC 7798). */
export interface NalPayloadFormat {
  /** Bytes of a NAL unit's header, which fragments leave out. */
  readonly nalHeaderBytes: number
  /** Returns whether the format can carry a NAL unit: it has a header with a type of its codec. */
  readonly isSendable: (unit: Uint8Array) => boolean
  /** Returns the payload header of an aggregation packet with these units. */
  readonly aggregationHeader: (units: readonly Uint8Array[]) => Uint8Array
  /**
   * Returns the payload header of the fragments of a unit. Its last byte is the FU header, in which
   * the bits S and E are still 0.
   */
  readonly fragmentationHeader: (unit: Uint8Array) => Uint8Array
}

const fuStartBit = 0x80
const fuEndBit = 0x40
/**
 * Size in bytes of the field before each unit of an aggregation packet, which contains the unit's
 * size.
 */
const unitSizeBytes = 2

/**
 * Packetizes access units that consist of NAL units. Neighbouring units that fit share an
 * aggregation packet. A unit that fits alone is sent unchanged, a larger one in fragments.
 */
export class NalPacketizer {
  readonly #writer: RtpPacketWriter
  readonly #format: NalPayloadFormat
  #droppedNalUnits = 0

  constructor(writer: RtpPacketWriter, format: NalPayloadFormat) {
    this.#writer = writer
    this.#format = format
  }

  /** Number of NAL units that were dropped because the payload format cannot carry them. */
  get droppedNalUnits(): number {
    return this.#droppedNalUnits
  }

  /**
   * Packetizes one access unit.
   *
   * @returns New packets, the last one with the marker; they share no memory with the NAL units.
   */
  packetize(accessUnit: readonly Uint8Array[], timestamp: number): Buffer[] {
    const units = accessUnit.filter(this.#format.isSendable)
    this.#droppedNalUnits += accessUnit.length - units.length
    const packets: Buffer[] = []
    let start = 0
    while (start < units.length) {
      const end = this.#groupEnd(units, start)
      const group = units.slice(start, end)
      const isLast = end === units.length
      const [unit] = group as [Uint8Array]
      if (group.length > 1) packets.push(this.#aggregate(group, timestamp, isLast))
      else if (unit.length <= this.#writer.maxPayloadBytes) {
        packets.push(this.#single(unit, timestamp, isLast))
      } else this.#fragment(unit, timestamp, isLast, packets)
      start = end
    }
    return packets
  }

  /**
   * Returns the end of a group of NAL units that fit in one aggregation packet: the index after its
   * last unit. The group begins at index `start`, and contains at least one unit.
   */
  #groupEnd(units: readonly Uint8Array[], start: number): number {
    // The header of the packet is as long as that of a unit, in both formats.
    let sizeBytes = this.#format.nalHeaderBytes
    let end = start
    for (; end < units.length; end++) {
      sizeBytes += unitSizeBytes + (units[end] as Uint8Array).length
      if (sizeBytes > this.#writer.maxPayloadBytes) break
    }
    return Math.max(end, start + 1)
  }

  #single(unit: Uint8Array, timestamp: number, marker: boolean): Buffer {
    const packet = this.#writer.allocate(unit.length, timestamp, marker)
    packet.set(unit, rtpHeaderBytes)
    return packet
  }

  #aggregate(units: readonly Uint8Array[], timestamp: number, marker: boolean): Buffer {
    const header = this.#format.aggregationHeader(units)
    const sizeBytes = units.reduce((sum, unit) => sum + unitSizeBytes + unit.length, header.length)
    const packet = this.#writer.allocate(sizeBytes, timestamp, marker)
    packet.set(header, rtpHeaderBytes)
    let offset = rtpHeaderBytes + header.length
    for (const unit of units) {
      offset = packet.writeUInt16BE(unit.length, offset)
      packet.set(unit, offset)
      offset += unit.length
    }
    return packet
  }

  /**
   * Splits a unit into fragments. All packets except the last have the same size, so that one
   * system call can send them (UDP segmentation).
   */
  #fragment(unit: Uint8Array, timestamp: number, isLast: boolean, packets: Buffer[]): void {
    const { nalHeaderBytes, fragmentationHeader } = this.#format
    const header = fragmentationHeader(unit)
    const maxPieceBytes = this.#writer.maxPayloadBytes - header.length
    const fuHeaderOffset = rtpHeaderBytes + header.length - 1
    for (let start = nalHeaderBytes; start < unit.length; start += maxPieceBytes) {
      const end = Math.min(start + maxPieceBytes, unit.length)
      const isEnd = end === unit.length
      const sizeBytes = header.length + end - start
      const packet = this.#writer.allocate(sizeBytes, timestamp, isLast && isEnd)
      packet.set(header, rtpHeaderBytes)
      const flags = (start === nalHeaderBytes ? fuStartBit : 0) | (isEnd ? fuEndBit : 0)
      packet[fuHeaderOffset] = packet.readUInt8(fuHeaderOffset) | flags
      packet.set(unit.subarray(start, end), fuHeaderOffset + 1)
      packets.push(packet)
    }
  }
}
