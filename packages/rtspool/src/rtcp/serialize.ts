import type { NtpTimestamp } from './ntp.js'
import {
  type Bye,
  type ReceiverReport,
  type ReceptionReport,
  type RtcpPacket,
  rtcpPacketTypes,
  type SenderReport,
  type SourceDescription,
  type SourceDescriptionChunk,
  type UnknownRtcpPacket,
} from './packet.js'

const versionBits = 2 << 6
const headerBytes = 4
const wordBytes = 4
const reportBytes = 24
/** Maximum number of reports, chunks or sources in an RTCP packet: the count in its header has five bits. */
const largestCount = 31
/** Maximum number of bytes in a text of an RTCP packet: its length has one octet. */
const largestTextBytes = 255
const largestCumulativeLost = 0x7fffff
const smallestCumulativeLost = -0x800000

/**
 * Writes consecutive RTCP packets as one datagram.
 *
 * The caller must put an SR or RR first and include an SDES with a CNAME (RFC 3550 section 6.1).
 *
 * @throws {RangeError} A list or text is too long for its length field.
 */
export function serializeCompound(packets: readonly RtcpPacket[]): Buffer {
  return Buffer.concat(packets.map(serializePacket))
}

function serializePacket(packet: RtcpPacket): Buffer {
  switch (packet.type) {
    case 'senderReport':
      return serializeSenderReport(packet)
    case 'receiverReport':
      return serializeReceiverReport(packet)
    case 'sourceDescription':
      return serializeSourceDescription(packet)
    case 'bye':
      return serializeBye(packet)
    case 'unknown':
      return serializeUnknown(packet)
  }
}

/**
 * Writes an RTCP sender report. `rtpTime`, `packetCount` and `octetCount` may exceed 2^32; they wrap here.
 *
 * @throws {RangeError} More than 31 reports.
 */
export function serializeSenderReport(packet: SenderReport): Buffer {
  const count = requireCount(packet.reports.length, 'reports')
  const buffer = allocatePacket(rtcpPacketTypes.senderReport, count, 24 + count * reportBytes)
  buffer.writeUInt32BE(packet.ssrc, 4)
  buffer.writeUInt32BE(packet.ntpTime.seconds, 8)
  buffer.writeUInt32BE(packet.ntpTime.fraction, 12)
  buffer.writeUInt32BE(packet.rtpTime >>> 0, 16)
  buffer.writeUInt32BE(packet.packetCount >>> 0, 20)
  buffer.writeUInt32BE(packet.octetCount >>> 0, 24)
  writeReports(buffer, 28, packet.reports)
  return buffer
}

/**
 * Copies a compound packet, and writes another time to its first packet, which must be a sender report.
 *
 * @param compound - Result of {@link serializeCompound}; not changed.
 * @param rtpTime - RTP timestamp of the same moment as `ntpTime`, in ticks; wraps here.
 */
export function redateSenderReport(
  compound: Buffer,
  ntpTime: NtpTimestamp,
  rtpTime: number,
): Buffer {
  const redated = Buffer.from(compound)
  redated.writeUInt32BE(ntpTime.seconds, 8)
  redated.writeUInt32BE(ntpTime.fraction, 12)
  redated.writeUInt32BE(rtpTime >>> 0, 16)
  return redated
}

/**
 * Writes an RTCP receiver report.
 *
 * @throws {RangeError} More than 31 reports.
 */
export function serializeReceiverReport(packet: ReceiverReport): Buffer {
  const count = requireCount(packet.reports.length, 'reports')
  const buffer = allocatePacket(rtcpPacketTypes.receiverReport, count, 4 + count * reportBytes)
  buffer.writeUInt32BE(packet.ssrc, 4)
  writeReports(buffer, 8, packet.reports)
  return buffer
}

function writeReports(buffer: Buffer, start: number, reports: readonly ReceptionReport[]): void {
  let offset = start
  for (const report of reports) {
    buffer.writeUInt32BE(report.ssrc, offset)
    buffer.writeUInt8(report.fractionLost, offset + 4)
    buffer.writeIntBE(clampLost(report.cumulativeLost), offset + 5, 3)
    buffer.writeUInt32BE(report.extendedHighestSequenceNumber, offset + 8)
    buffer.writeUInt32BE(report.interarrivalJitter, offset + 12)
    buffer.writeUInt32BE(report.lsr, offset + 16)
    buffer.writeUInt32BE(report.dlsr, offset + 20)
    offset += reportBytes
  }
}

/**
 * Limits the number of lost packets in a reception report to the range of its 24-bit field, without wrapping (RFC
 * 3550 A.3).
 */
function clampLost(cumulativeLost: number): number {
  return Math.max(smallestCumulativeLost, Math.min(largestCumulativeLost, cumulativeLost))
}

/**
 * Writes an RTCP source description (SDES).
 *
 * @throws {RangeError} More than 31 chunks, or an item of more than 255 bytes.
 */
export function serializeSourceDescription(packet: SourceDescription): Buffer {
  const count = requireCount(packet.chunks.length, 'chunks')
  const body = Buffer.concat(packet.chunks.map(serializeChunk))
  const buffer = allocatePacket(rtcpPacketTypes.sourceDescription, count, body.length)
  body.copy(buffer, headerBytes)
  return buffer
}

function serializeChunk({ ssrc, items }: SourceDescriptionChunk): Buffer {
  const texts = items.map(({ itemType, value }) => {
    const text = requireText(value, 'an SDES item')
    return Buffer.concat([Buffer.from([itemType, text.length]), text])
  })
  const itemsBytes = texts.reduce((sum, text) => sum + text.length, 0)
  // At least one null octet ends the items; more fill the word.
  const chunk = Buffer.alloc(wordBytes + padded(itemsBytes + 1))
  chunk.writeUInt32BE(ssrc, 0)
  Buffer.concat(texts).copy(chunk, wordBytes)
  return chunk
}

/**
 * Writes an RTCP BYE packet, by which sources announce their end.
 *
 * @throws {RangeError} More than 31 sources, or a reason of more than 255 bytes.
 */
export function serializeBye(packet: Bye): Buffer {
  const count = requireCount(packet.ssrcs.length, 'ssrcs')
  const reason = packet.reason === undefined ? undefined : requireText(packet.reason, 'reason')
  const reasonBytes = reason === undefined ? 0 : padded(1 + reason.length)
  const buffer = allocatePacket(rtcpPacketTypes.bye, count, count * wordBytes + reasonBytes)
  let offset = headerBytes
  for (const ssrc of packet.ssrcs) offset = buffer.writeUInt32BE(ssrc, offset)
  if (reason !== undefined) {
    offset = buffer.writeUInt8(reason.length, offset)
    reason.copy(buffer, offset)
  }
  return buffer
}

function serializeUnknown(packet: UnknownRtcpPacket): Buffer {
  const buffer = allocatePacket(packet.packetType, packet.count, packet.body.length)
  buffer.set(packet.body, headerBytes)
  return buffer
}

function allocatePacket(packetType: number, count: number, bodyBytes: number): Buffer {
  if (bodyBytes % wordBytes !== 0) {
    throw new RangeError(`an RTCP packet is made of whole 32-bit words, got ${bodyBytes} bytes`)
  }
  const buffer = Buffer.alloc(headerBytes + bodyBytes)
  buffer.writeUInt8(versionBits | count, 0)
  buffer.writeUInt8(packetType, 1)
  buffer.writeUInt16BE(bodyBytes / wordBytes, 2)
  return buffer
}

function requireCount(count: number, what: string): number {
  if (count <= largestCount) return count
  throw new RangeError(`an RTCP packet holds at most ${largestCount} ${what}, got ${count}`)
}

function requireText(value: string, what: string): Buffer {
  const text = Buffer.from(value, 'utf8')
  if (text.length <= largestTextBytes) return text
  throw new RangeError(`${what} is at most ${largestTextBytes} bytes long, got ${text.length}`)
}

function padded(bytes: number): number {
  return Math.ceil(bytes / wordBytes) * wordBytes
}
