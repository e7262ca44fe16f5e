import { type Av1Obu, av1ObuTypes, leb128, splitAv1TemporalUnit } from '../codec/av1.js'
import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const continuesBit = 0x80
const goesOnBit = 0x40
const countShift = 4
const newSequenceBit = 0x08
/** Size in bytes of the aggregation header, with which each AV1 payload begins. */
const headerBytes = 1
/** Minimum number of free bytes in a packet for one more element (OBU or fragment): its length and a few bytes. */
const smallestElementBytes = 8

/** Types of OBUs that are not sent (RTP payload format for AV1, section 5). */
const leftOut: readonly number[] = [
  av1ObuTypes.temporalDelimiter,
  av1ObuTypes.tileList,
  av1ObuTypes.padding,
]

/**
 * Elements (OBUs or fragments) of the packet that is being filled. The length of each element precedes it, unless the
 * packet has only one.
 */
interface OpenPacket {
  readonly elements: Uint8Array[]
  sizeBytes: number
  continues: boolean
  goesOn: boolean
}

/**
 * Packetizes temporal units of AV1 (RTP payload format for AV1, version 1.0). OBUs lose their size fields, and each one
 * is an element, or in fragments over several packets.
 *
 * ```text
 *  Z Y W2 N 000 | length element | length element | …       (W = 1: one element without its length)
 * ```
 */
export class Av1Payloader {
  readonly #writer: RtpPacketWriter
  #droppedUnits = 0

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /** Number of dropped temporal units: those whose OBUs cannot be told apart. */
  get droppedUnits(): number {
    return this.#droppedUnits
  }

  /**
   * Packetizes one temporal unit.
   *
   * @param unit - OBUs in the low-overhead format, with their sizes.
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the unit.
   */
  packetize(unit: Uint8Array, timestamp: number): Buffer[] {
    const obus = splitAv1TemporalUnit(unit)?.filter(({ type }) => !leftOut.includes(type))
    if (!obus) this.#droppedUnits++
    if (!obus || obus.length === 0) return []
    const packets = this.#pack(obus)
    const isNew = obus.some(({ type }) => type === av1ObuTypes.sequenceHeader)
    return packets.map((packet, index) =>
      this.#write(packet, timestamp, isNew && index === 0, index === packets.length - 1),
    )
  }

  #pack(obus: readonly Av1Obu[]): OpenPacket[] {
    const maxBytes = this.#writer.maxPayloadBytes
    let open = openPacket(false)
    const packets = [open]
    for (const { header, payload } of obus) {
      let rest: Uint8Array = Buffer.concat([header, payload])
      if (maxBytes - open.sizeBytes < smallestElementBytes) {
        open = openPacket(false)
        packets.push(open)
      }
      for (;;) {
        const room = maxBytes - open.sizeBytes
        const piece = rest.subarray(0, room - leb128(room).length)
        open.elements.push(piece)
        open.sizeBytes += leb128(piece.length).length + piece.length
        rest = rest.subarray(piece.length)
        if (rest.length === 0) break
        open.goesOn = true
        open = openPacket(true)
        packets.push(open)
      }
    }
    return packets
  }

  #write(packet: OpenPacket, timestamp: number, isNew: boolean, isLast: boolean): Buffer {
    const { elements, continues, goesOn } = packet
    const isSingle = elements.length === 1
    const parts = isSingle
      ? elements
      : elements.flatMap((element) => [leb128(element.length), element])
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, headerBytes)
    const written = this.#writer.allocate(sizeBytes, timestamp, isLast)
    written[rtpHeaderBytes] =
      (continues ? continuesBit : 0) |
      (goesOn ? goesOnBit : 0) |
      ((isSingle ? 1 : 0) << countShift) |
      (isNew ? newSequenceBit : 0)
    let offset = rtpHeaderBytes + headerBytes
    for (const part of parts) {
      written.set(part, offset)
      offset += part.length
    }
    return written
  }
}

const openPacket = (continues: boolean): OpenPacket => ({
  elements: [],
  sizeBytes: headerBytes,
  continues,
  goesOn: false,
})
