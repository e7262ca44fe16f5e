import { type Bye, rtcpPacketTypes } from './packet.js'
import {
  allocatePacket,
  headerBytes,
  padded,
  requireCount,
  requireText,
  wordBytes,
} from './packet-words.js'

/** Parses the body of a BYE packet with `count` sources; `undefined` if the body is too short. */
export function parseBye(body: Buffer, count: number): Bye | undefined {
  const ssrcsEnd = count * wordBytes
  if (body.length < ssrcsEnd) return undefined
  const ssrcs = Array.from({ length: count }, (_, index) => body.readUInt32BE(index * wordBytes))
  const reasonLength = body[ssrcsEnd]
  if (reasonLength === undefined) return { type: 'bye', ssrcs }
  const reasonEnd = ssrcsEnd + 1 + reasonLength
  if (reasonEnd > body.length) return undefined
  return { type: 'bye', ssrcs, reason: body.toString('utf8', ssrcsEnd + 1, reasonEnd) }
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
