import { parseBye } from './bye.js'
import { type RtcpPacket, rtcpPacketTypes } from './packet.js'
import { headerBytes, wordBytes } from './packet-words.js'
import { parseReceiverReport } from './receiver-report.js'
import { parseSenderReport } from './sender-report.js'
import { parseSourceDescription } from './source-description.js'

export interface ParseCompoundOptions {
  /**
   * Strictness of the RTCP parser. `strict`: as in RFC 3550 A.2, the first packet is SR or RR, and only the last has
   * padding. `tolerant`: any packet may be first, as in reduced-size RTCP (RFC 5506), and any may have padding.
   *
   * @default 'tolerant'
   */
  readonly policy?: 'strict' | 'tolerant'
}

const version = 2
/**
 * Lowest RTCP packet type that nobody can confuse with RTP (RFC 5761 section 4); 223 is the highest.
 * A packet of another type is refused.
 */
const lowestPacketType = 192
const highestPacketType = 223
/**
 * Maximum number of packets in a compound RTCP packet: more than any real peer sends. A longer compound packet is
 * refused.
 */
const largestPacketCount = 64

/**
 * Parses a compound RTCP packet from one datagram or one interleaved frame.
 *
 * Returns all packets or none, and never throws: a broken report should not end a session.
 * Profile-specific extensions of SR and RR are skipped.
 *
 * ```text
 *  V P count | packet type | length in words - 1 | body … padding
 * ```
 *
 * @returns The packets; empty if any of them is broken.
 * @see RFC 3550 appendix A.2
 */
export function parseCompound(bytes: Uint8Array, options: ParseCompoundOptions = {}): RtcpPacket[] {
  const isStrict = options.policy === 'strict'
  const buffer = asBuffer(bytes)
  const packets: RtcpPacket[] = []
  let offset = 0
  while (offset < buffer.length) {
    const packet = splitPacket(buffer, offset)
    if (packet === undefined || packets.length === largestPacketCount) return []
    const isLast = packet.end === buffer.length
    if (isStrict && packet.hasPadding && !isLast) return []
    const parsed = parsePacket(packet)
    if (parsed === undefined) return []
    packets.push(parsed)
    offset = packet.end
  }
  return isStrict && !beginsWithReport(packets) ? [] : packets
}

function beginsWithReport(packets: readonly RtcpPacket[]): boolean {
  const type = packets[0]?.type
  return type === 'senderReport' || type === 'receiverReport'
}

interface RawPacket {
  readonly packetType: number
  readonly count: number
  readonly hasPadding: boolean
  readonly body: Buffer
  /** Offset in the compound packet, in bytes, of the end of this RTCP packet. */
  readonly end: number
}

function splitPacket(buffer: Buffer, offset: number): RawPacket | undefined {
  if (buffer.length - offset < headerBytes) return undefined
  const first = buffer.readUInt8(offset)
  const packetType = buffer.readUInt8(offset + 1)
  const end = offset + (buffer.readUInt16BE(offset + 2) + 1) * wordBytes
  if (first >> 6 !== version || end > buffer.length) return undefined
  if (packetType < lowestPacketType || packetType > highestPacketType) return undefined
  const hasPadding = (first & 0x20) !== 0
  // RFC 3550 section 6.4.1: the last octet gives the padding including itself, in whole words.
  const paddingBytes = hasPadding ? buffer.readUInt8(end - 1) : 0
  const bodyEnd = end - paddingBytes
  if (bodyEnd < offset + headerBytes || paddingBytes % wordBytes !== 0) return undefined
  if (hasPadding && paddingBytes === 0) return undefined
  const body = buffer.subarray(offset + headerBytes, bodyEnd)
  return { packetType, count: first & 0x1f, hasPadding, body, end }
}

function parsePacket({ packetType, count, body }: RawPacket): RtcpPacket | undefined {
  switch (packetType) {
    case rtcpPacketTypes.senderReport:
      return parseSenderReport(body, count)
    case rtcpPacketTypes.receiverReport:
      return parseReceiverReport(body, count)
    case rtcpPacketTypes.sourceDescription:
      return parseSourceDescription(body, count)
    case rtcpPacketTypes.bye:
      return parseBye(body, count)
    default:
      return { type: 'unknown', packetType, count, body }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
