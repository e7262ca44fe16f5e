import type { NtpTimestamp } from './ntp.js'

/** The packet types of RFC 3550 section 12.1. */
export const rtcpPacketTypes = Object.freeze({
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  app: 204,
} as const)

/** The item types of RFC 3550 section 12.2. */
export const sdesItemTypes = Object.freeze({
  cname: 1,
  name: 2,
  email: 3,
  phone: 4,
  location: 5,
  tool: 6,
  note: 7,
  private: 8,
} as const)

/** What a receiver says about one source (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  /** The source that is reported on. */
  readonly ssrc: number
  /** Share of packets lost since the last report, in 1/256; 0 to 255. */
  readonly fractionLost: number
  /** Packets lost since the beginning; negative when there are duplicates; 24 bits signed. */
  readonly cumulativeLost: number
  /** Highest sequence number received, with the count of its wraps in the upper 16 bits. */
  readonly extendedHighestSequenceNumber: number
  /** In ticks of the RTP clock. */
  readonly interarrivalJitter: number
  /** Middle 32 bits of the NTP time of the last sender report, or 0 for none. */
  readonly lsr: number
  /** Delay since that sender report, in 1/65536 s. */
  readonly dlsr: number
}

/** SR (RFC 3550 section 6.4.1). */
export interface SenderReport {
  readonly type: 'senderReport'
  readonly ssrc: number
  readonly ntpTime: NtpTimestamp
  /** The same moment by the clock of the RTP timestamps, in ticks. */
  readonly rtpTime: number
  /** RTP packets sent, modulo 2^32. */
  readonly packetCount: number
  /** Payload octets sent, modulo 2^32. */
  readonly octetCount: number
  /** At most 31. */
  readonly reports: readonly ReceptionReport[]
}

/** RR (RFC 3550 section 6.4.2). */
export interface ReceiverReport {
  readonly type: 'receiverReport'
  readonly ssrc: number
  /** At most 31. */
  readonly reports: readonly ReceptionReport[]
}

export interface SourceDescriptionItem {
  /** One of {@link sdesItemTypes}, or another number from 1 to 255. */
  readonly itemType: number
  /** At most 255 bytes of UTF-8. */
  readonly value: string
}

export interface SourceDescriptionChunk {
  readonly ssrc: number
  readonly items: readonly SourceDescriptionItem[]
}

/** SDES (RFC 3550 section 6.5). */
export interface SourceDescription {
  readonly type: 'sourceDescription'
  /** At most 31. */
  readonly chunks: readonly SourceDescriptionChunk[]
}

/** BYE (RFC 3550 section 6.6). */
export interface Bye {
  readonly type: 'bye'
  /** At most 31. */
  readonly ssrcs: readonly number[]
  /** At most 255 bytes of UTF-8. */
  readonly reason?: string
}

/** APP, feedback (RFC 4585), extended reports: passed on unread. */
export interface UnknownRtcpPacket {
  readonly type: 'unknown'
  /** 192 to 223. */
  readonly packetType: number
  /** The five bits after the padding bit: count, subtype or feedback format. */
  readonly count: number
  /** What follows the four header bytes, without padding: a view of the packet; whole 32-bit words. */
  readonly body: Uint8Array
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Bye | UnknownRtcpPacket

/** An SDES packet with one source and its CNAME, as every compound packet needs one. */
export function createSourceDescription(ssrc: number, cname: string): SourceDescription {
  const item = { itemType: sdesItemTypes.cname, value: cname }
  return { type: 'sourceDescription', chunks: [{ ssrc, items: [item] }] }
}
