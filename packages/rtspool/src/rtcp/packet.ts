import type { NtpTimestamp } from './ntp.js'

/** RTCP packet types of RFC 3550 section 12.1. */
export const rtcpPacketTypes = Object.freeze({
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  app: 204,
} as const)

/** Types of the items in a source description (SDES), from RFC 3550 section 12.2. */
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

/** A receiver's report about one source (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  /** SSRC of the source about which the receiver reports. */
  readonly ssrc: number
  /** Share of packets lost since the last report, in 1/256; 0 to 255. */
  readonly fractionLost: number
  /** Packets lost since the beginning of reception; negative when there are duplicates; 24 bits signed. */
  readonly cumulativeLost: number
  /** Highest sequence number received, with the count of its wraps in the upper 16 bits. */
  readonly extendedHighestSequenceNumber: number
  /** Interarrival jitter of the source's packets, in ticks of the RTP clock. */
  readonly interarrivalJitter: number
  /** Middle 32 bits of the NTP time in the source's last sender report, in 1/65536 s; 0 if none has arrived. */
  readonly lsr: number
  /** Time from the arrival of the source's last sender report to this report, in 1/65536 s; 0 if none has arrived. */
  readonly dlsr: number
}

/**
 * Sender report (SR): times and counts of a sender's stream, and its reports about streams that it
 * receives (RFC 3550 section 6.4.1).
 */
export interface SenderReport {
  readonly type: 'senderReport'
  readonly ssrc: number
  readonly ntpTime: NtpTimestamp
  /** RTP timestamp of the same moment as `ntpTime`, in ticks of the stream's clock. */
  readonly rtpTime: number
  /** Number of RTP packets that the sender has sent, modulo 2^32. */
  readonly packetCount: number
  /** Number of RTP payload octets that the sender has sent, modulo 2^32. */
  readonly octetCount: number
  /** Reports about the sources that the sender receives, at most 31. */
  readonly reports: readonly ReceptionReport[]
}

/** Receiver report (RR): reports of a member that sends no packets (RFC 3550 section 6.4.2). */
export interface ReceiverReport {
  readonly type: 'receiverReport'
  readonly ssrc: number
  /** Reports about the sources that the member receives, at most 31. */
  readonly reports: readonly ReceptionReport[]
}

export interface SourceDescriptionItem {
  /** Type of the item in the source description: one of {@link sdesItemTypes}, or another number from 1 to 255. */
  readonly itemType: number
  /** Text about the source, at most 255 bytes of UTF-8. */
  readonly value: string
}

export interface SourceDescriptionChunk {
  readonly ssrc: number
  readonly items: readonly SourceDescriptionItem[]
}

/** Source description (SDES): names and other texts about sources (RFC 3550 section 6.5). */
export interface SourceDescription {
  readonly type: 'sourceDescription'
  /** Sources and their items, at most 31. */
  readonly chunks: readonly SourceDescriptionChunk[]
}

/** Goodbye (BYE): sources that end (RFC 3550 section 6.6). */
export interface Bye {
  readonly type: 'bye'
  /** SSRCs of the sources that end, at most 31. */
  readonly ssrcs: readonly number[]
  /** Reason for the end: text of at most 255 bytes of UTF-8. */
  readonly reason?: string
}

/** RTCP packet of another type, such as APP, feedback (RFC 4585) or extended reports. Its body is not parsed. */
export interface UnknownRtcpPacket {
  readonly type: 'unknown'
  /** RTCP packet type, 192 to 223. */
  readonly packetType: number
  /** Five bits after the padding bit of the RTCP header: count, subtype or feedback format. */
  readonly count: number
  /**
   * Body of the packet after the four header bytes, without padding: a view of whole 32-bit words.
   */
  readonly body: Uint8Array
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Bye | UnknownRtcpPacket

/**
 * Creates an SDES packet with one source and its CNAME, which every compound packet must contain.
 */
export function createSourceDescription(ssrc: number, cname: string): SourceDescription {
  const item = { itemType: sdesItemTypes.cname, value: cname }
  return { type: 'sourceDescription', chunks: [{ ssrc, items: [item] }] }
}
