import {
  type Bye,
  type ReceiverReport,
  type ReceptionReport,
  type RtcpPacket,
  rtcpPacketTypes,
  type SenderReport,
  type SourceDescription,
  type SourceDescriptionChunk,
  type SourceDescriptionItem,
} from './packet.js'

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
const headerBytes = 4
const wordBytes = 4
const reportBytes = 24
const senderReportBytes = 24
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

function parseSenderReport(body: Buffer, count: number): SenderReport | undefined {
  if (body.length < senderReportBytes + count * reportBytes) return undefined
  return {
    type: 'senderReport',
    ssrc: body.readUInt32BE(0),
    ntpTime: { seconds: body.readUInt32BE(4), fraction: body.readUInt32BE(8) },
    rtpTime: body.readUInt32BE(12),
    packetCount: body.readUInt32BE(16),
    octetCount: body.readUInt32BE(20),
    reports: parseReports(body, senderReportBytes, count),
  }
}

function parseReceiverReport(body: Buffer, count: number): ReceiverReport | undefined {
  if (body.length < wordBytes + count * reportBytes) return undefined
  return {
    type: 'receiverReport',
    ssrc: body.readUInt32BE(0),
    reports: parseReports(body, wordBytes, count),
  }
}

function parseReports(body: Buffer, start: number, count: number): ReceptionReport[] {
  const reports: ReceptionReport[] = []
  for (let index = 0; index < count; index++) {
    const offset = start + index * reportBytes
    reports.push({
      ssrc: body.readUInt32BE(offset),
      fractionLost: body.readUInt8(offset + 4),
      cumulativeLost: body.readIntBE(offset + 5, 3),
      extendedHighestSequenceNumber: body.readUInt32BE(offset + 8),
      interarrivalJitter: body.readUInt32BE(offset + 12),
      lsr: body.readUInt32BE(offset + 16),
      dlsr: body.readUInt32BE(offset + 20),
    })
  }
  return reports
}

function parseSourceDescription(body: Buffer, count: number): SourceDescription | undefined {
  const chunks: SourceDescriptionChunk[] = []
  let offset = 0
  for (let index = 0; index < count; index++) {
    const end = chunkEnd(body, offset)
    if (end === undefined) return undefined
    chunks.push(parseChunk(body, offset, end))
    // RFC 3550 section 6.5: at least one null octet, then more up to the next word.
    offset = (Math.floor(end / wordBytes) + 1) * wordBytes
  }
  return { type: 'sourceDescription', chunks }
}

/**
 * Returns the offset of the null octet that ends the items of a chunk of an SDES packet. If the octet is missing,
 * returns the end of the packet.
 */
function chunkEnd(body: Buffer, start: number): number | undefined {
  if (start + wordBytes > body.length) return undefined
  let offset = start + wordBytes
  while (offset < body.length && body[offset] !== 0) {
    offset += 2 + (body[offset + 1] ?? body.length)
  }
  return offset > body.length ? undefined : offset
}

function parseChunk(body: Buffer, start: number, end: number): SourceDescriptionChunk {
  const items: SourceDescriptionItem[] = []
  let offset = start + wordBytes
  while (offset < end) {
    const length = body.readUInt8(offset + 1)
    const value = body.toString('utf8', offset + 2, offset + 2 + length)
    items.push({ itemType: body.readUInt8(offset), value })
    offset += 2 + length
  }
  return { ssrc: body.readUInt32BE(start), items }
}

function parseBye(body: Buffer, count: number): Bye | undefined {
  const ssrcsEnd = count * wordBytes
  if (body.length < ssrcsEnd) return undefined
  const ssrcs = Array.from({ length: count }, (_, index) => body.readUInt32BE(index * wordBytes))
  const reasonLength = body[ssrcsEnd]
  if (reasonLength === undefined) return { type: 'bye', ssrcs }
  const reasonEnd = ssrcsEnd + 1 + reasonLength
  if (reasonEnd > body.length) return undefined
  return { type: 'bye', ssrcs, reason: body.toString('utf8', ssrcsEnd + 1, reasonEnd) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
