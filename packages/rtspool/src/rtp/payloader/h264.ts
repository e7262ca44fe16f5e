import { h264NalTypes } from '../codec/h264.js'
import { NalPacketizer, type NalPayloadFormat } from './nal-packetizer.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const nriMask = 0x60
const forbiddenAndNriMask = 0xe0
const forbiddenBit = 0x80
const nalTypeMask = 0x1f
/**
 * Lowest type of a NAL unit in H.264. Type 0 and types 24 to 31 have other meanings (RFC 6184 table
 * 1).
 */
const firstNalType = 1
const lastNalType = 23

const format: NalPayloadFormat = {
  nalHeaderBytes: 1,
  isSendable: (unit) => {
    const type = (unit[0] ?? 0) & nalTypeMask
    return type >= firstNalType && type <= lastNalType
  },
  aggregationHeader: (units) => Uint8Array.of(stapHeaderOf(units)),
  fragmentationHeader: (unit) => {
    const header = unit[0] as number
    return Uint8Array.of((header & forbiddenAndNriMask) | h264NalTypes.fuA, header & nalTypeMask)
  },
}

/**
 * Builds the header of a STAP-A (RFC 6184 section 5.7). Bit F is set if it is set in any unit; NRI
 * is the highest of the units.
 */
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

/**
 * Packetizes H.264 access units in packetization mode 1 (RFC 6184).
 *
 * Neighbouring units that fit share a STAP-A. A unit that fits alone is sent unchanged, a larger
 * one in FU-A fragments.
 *
 * ```text
 *  single:  nal
 *  STAP-A:  F NRI 24 | size16 nal | size16 nal …
 *  FU-A:    F NRI 28 | S E 0 type | piece of the nal without its first byte
 * ```
 */
export class H264Payloader {
  readonly #writer: RtpPacketWriter
  readonly #packetizer: NalPacketizer

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#packetizer = new NalPacketizer(this.#writer, format)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /** Number of dropped NAL units: empty ones, and those with a type that H.264 does not define. */
  get droppedNalUnits(): number {
    return this.#packetizer.droppedNalUnits
  }

  /**
   * Packetizes one access unit.
   *
   * @param accessUnit - NAL units of one picture in decoding order, without start codes or lengths.
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the NAL units.
   */
  packetize(accessUnit: readonly Uint8Array[], timestamp: number): Buffer[] {
    return this.#packetizer.packetize(accessUnit, timestamp)
  }
}
