import { h265NalTypes, h265TypeOf } from '../codec/h265.js'
import { NalPacketizer, type NalPayloadFormat } from './nal-packetizer.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const nalHeaderBytes = 2
const typeShift = 1
/** Mask for the bits of a NAL unit's first header byte that are not its type: F, and the highest bit of LayerId. */
const allButTypeMask = 0x81
const forbiddenBit = 0x8000
const layerIdShift = 3
const layerIdMask = 0x3f
const temporalIdMask = 0x07
/** Lowest type in a payload header of H.265 that means a kind of packet and not a NAL unit (RFC 7798 section 4.4). */
const typesOfNalUnits = 48

const format: NalPayloadFormat = {
  nalHeaderBytes,
  isSendable: (unit) => unit.length >= nalHeaderBytes && h265TypeOf(unit) < typesOfNalUnits,
  aggregationHeader,
  fragmentationHeader: (unit) => {
    const [first, second] = unit as unknown as [number, number]
    const indicator = (first & allButTypeMask) | (h265NalTypes.fragmentationUnit << typeShift)
    return Uint8Array.of(indicator, second, h265TypeOf(unit))
  },
}

/**
 * Builds the header of an aggregation packet (RFC 7798 section 4.4.2). Bit F is set if it is set in
 * any unit; LayerId and TID are the lowest of the units.
 */
function aggregationHeader(units: readonly Uint8Array[]): Uint8Array {
  let forbidden = 0
  let layerId = layerIdMask
  let temporalId = temporalIdMask
  for (const unit of units) {
    const header = ((unit[0] as number) << 8) | (unit[1] as number)
    forbidden |= header & forbiddenBit
    layerId = Math.min(layerId, (header >> layerIdShift) & layerIdMask)
    temporalId = Math.min(temporalId, header & temporalIdMask)
  }
  const type = h265NalTypes.aggregationPacket << (8 + typeShift)
  const header = forbidden | type | (layerId << layerIdShift) | temporalId
  return Uint8Array.of(header >> 8, header)
}

/**
 * Packetizes H.265 access units in decoding order, without DONL fields: `sprop-max-don-diff` is 0,
 * its default (RFC 7798).
 *
 * ```text
 *  single:  nal
 *  AP:      F 48 LayerId TID | size16 nal | size16 nal …
 *  FU:      F 49 LayerId TID | S E type | piece of the nal without its first two bytes
 * ```
 */
export class H265Payloader {
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

  /**
   * Number of dropped NAL units: those without a whole header, or with a type that H.265 does not
   * define.
   */
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
