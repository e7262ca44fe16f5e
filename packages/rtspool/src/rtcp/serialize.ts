import { serializeBye } from './bye.js'
import type { RtcpPacket, UnknownRtcpPacket } from './packet.js'
import { allocatePacket, headerBytes } from './packet-words.js'
import { serializeReceiverReport } from './receiver-report.js'
import { serializeSenderReport } from './sender-report.js'
import { serializeSourceDescription } from './source-description.js'

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

function serializeUnknown(packet: UnknownRtcpPacket): Buffer {
  const buffer = allocatePacket(packet.packetType, packet.count, packet.body.length)
  buffer.set(packet.body, headerBytes)
  return buffer
}
