import { h264NalTypes } from './h264.js'
import { rtpHeaderBytes } from './packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const nriMask = 0x60
const forbiddenAndNriMask = 0xe0
const forbiddenBit = 0x80
const nalTypeMask = 0x1f
const fuStartBit = 0x80
const fuEndBit = 0x40
const stapHeaderBytes = 1
const stapSizeBytes = 2
const fuHeaderBytes = 2
/** RFC 6184 table 1: 0 and 24 to 31 mean no NAL unit of H.264. */
const firstNalType = 1
const lastNalType = 23

/**
 * Puts H.264 access units into RTP packets, in packetization mode 1 (RFC 6184).
 *
 * Neighbours that fit share a STAP-A, one that fits alone is sent as it is, a larger one in FU-A fragments.
 *
 * ```text
 *  single:  nal
 *  STAP-A:  F NRI 24 | size16 nal | size16 nal …
 *  FU-A:    F NRI 28 | S E 0 type | piece of the nal without its first byte
 * ```
 */
export class H264Payloader {
  readonly #writer: RtpPacketWriter
  #droppedNalUnits = 0

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /** NAL units that were empty, or of a type that H.264 does not have, and were left out. */
  get droppedNalUnits(): number {
    return this.#droppedNalUnits
  }

  /**
   * @param accessUnit - The NAL units of one picture in decoding order, without start codes or lengths.
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the NAL units.
   */
  packetize(accessUnit: readonly Uint8Array[], timestamp: number): Buffer[] {
    const units = accessUnit.filter(isSendable)
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

  /** Index behind the units from `start` on that fit in one STAP-A; one at least. */
  #groupEnd(units: readonly Uint8Array[], start: number): number {
    let sizeBytes = stapHeaderBytes
    let end = start
    for (; end < units.length; end++) {
      sizeBytes += stapSizeBytes + (units[end] as Uint8Array).length
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
    const sizeBytes = units.reduce(
      (sum, unit) => sum + stapSizeBytes + unit.length,
      stapHeaderBytes,
    )
    const packet = this.#writer.allocate(sizeBytes, timestamp, marker)
    packet[rtpHeaderBytes] = stapHeaderOf(units)
    let offset = rtpHeaderBytes + stapHeaderBytes
    for (const unit of units) {
      offset = packet.writeUInt16BE(unit.length, offset)
      packet.set(unit, offset)
      offset += unit.length
    }
    return packet
  }

  /** Full packets but for the last one, so that a batch of them can leave in equal segments. */
  #fragment(unit: Uint8Array, timestamp: number, isLast: boolean, packets: Buffer[]): void {
    const maxPieceBytes = this.#writer.maxPayloadBytes - fuHeaderBytes
    const header = unit[0] as number
    for (let start = 1; start < unit.length; start += maxPieceBytes) {
      const end = Math.min(start + maxPieceBytes, unit.length)
      const isEnd = end === unit.length
      const pieceBytes = end - start
      const packet = this.#writer.allocate(fuHeaderBytes + pieceBytes, timestamp, isLast && isEnd)
      packet[rtpHeaderBytes] = (header & forbiddenAndNriMask) | h264NalTypes.fuA
      packet[rtpHeaderBytes + 1] =
        (start === 1 ? fuStartBit : 0) | (isEnd ? fuEndBit : 0) | (header & nalTypeMask)
      packet.set(unit.subarray(start, end), rtpHeaderBytes + fuHeaderBytes)
      packets.push(packet)
    }
  }
}

/** RFC 6184 section 5.7: F is set when any unit's is, NRI is the highest of them. */
function stapHeaderOf(units: readonly Uint8Array[]): number {
  let forbidden = 0
  let nri = 0
  for (const unit of units) {
    const header = unit[0] as number
    forbidden |= header & forbiddenBit
    nri = Math.max(nri, header & nriMask)
  }
  return forbidden | nri | h264NalTypes.stapA
}

function isSendable(unit: Uint8Array): boolean {
  const type = (unit[0] ?? 0) & nalTypeMask
  return type >= firstNalType && type <= lastNalType
}
