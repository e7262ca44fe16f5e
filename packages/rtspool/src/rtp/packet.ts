/**
 * Reads and writes the fixed header of RTP packets in place, without an object per packet.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---+-+-+-------+-+-------------+-------------------------------+
 * |V=2|P|X|  CC   |M| payloadType |        sequenceNumber         |
 * +---+-+-+-------+-+-------------+-------------------------------+
 * |                           timestamp                           |
 * +---------------------------------------------------------------+
 * |                             ssrc                              |
 * +---------------------------------------------------------------+
 * | CC x csrc, extension if X, payload, padding if P …            |
 * ```
 *
 * All functions except {@link isValidRtp} expect a packet that it has accepted. None throws on any
 * bytes.
 *
 * @see RFC 3550 section 5.1
 */

/** Length of the fixed RTP header in bytes. */
export const rtpHeaderBytes = 12

const version = 2
const paddingBit = 0x20
const extensionBit = 0x10
const csrcCountMask = 0x0f
const markerBit = 0x80
const payloadTypeMask = 0x7f
const wordBytes = 4
const extensionHeaderBytes = 4
/**
 * Lowest payload type that, with the marker set, looks like an RTCP packet type: 72 to 76 look like
 * 200 to 204.
 */
const firstRtcpLookalike = 72
const lastRtcpLookalike = 76

/** Returns whether bytes are an RTP packet: the lengths in its header fit, and it is not RTCP (RFC 3550 A.1). */
export function isValidRtp(packet: Uint8Array): boolean {
  if (packet.length < rtpHeaderBytes) return false
  const first = packet[0] as number
  if (first >> 6 !== version) return false
  const payloadType = payloadTypeOf(packet)
  if (payloadType >= firstRtcpLookalike && payloadType <= lastRtcpLookalike) return false
  const payloadOffset = payloadOffsetOf(packet)
  if (payloadOffset > packet.length) return false
  if ((first & paddingBit) === 0) return true
  const paddingBytes = packet[packet.length - 1] as number
  return paddingBytes > 0 && payloadOffset + paddingBytes <= packet.length
}

/** Returns the payload type of an RTP packet, 0 to 127. */
export function payloadTypeOf(packet: Uint8Array): number {
  return (packet[1] as number) & payloadTypeMask
}

/** Returns the marker bit of an RTP packet, which for video marks the last packet of an access unit. */
export function markerOf(packet: Uint8Array): boolean {
  return ((packet[1] as number) & markerBit) !== 0
}

/** Returns the sequence number of an RTP packet, 0 to 65535. */
export function sequenceNumberOf(packet: Uint8Array): number {
  return uint16At(packet, 2)
}

/** Returns the timestamp of an RTP packet in ticks of the RTP clock, modulo 2^32. */
export function timestampOf(packet: Uint8Array): number {
  return uint32At(packet, 4)
}

export function ssrcOf(packet: Uint8Array): number {
  return uint32At(packet, 8)
}

/** Returns the offset of the payload in an RTP packet: after the CSRC list and the header extension. */
export function payloadOffsetOf(packet: Uint8Array): number {
  const first = packet[0] as number
  const csrcEnd = rtpHeaderBytes + (first & csrcCountMask) * wordBytes
  if ((first & extensionBit) === 0) return csrcEnd
  const extensionEnd = csrcEnd + extensionHeaderBytes
  // If the header is cut off inside the extension, the payload begins after the packet's end.
  if (extensionEnd > packet.length) return extensionEnd
  return extensionEnd + uint16At(packet, csrcEnd + 2) * wordBytes
}

/** Returns the offset after the payload in an RTP packet: the start of the padding, if any. */
export function payloadEndOf(packet: Uint8Array): number {
  const hasPadding = ((packet[0] as number) & paddingBit) !== 0
  return hasPadding ? packet.length - (packet[packet.length - 1] as number) : packet.length
}

/**
 * Writes the fixed header of an RTP packet, without CSRCs, extension or padding.
 *
 * @param buffer - Has 12 bytes from `offset` on.
 * @returns The offset after the header.
 */
export function writeRtpHeader(
  buffer: Uint8Array,
  offset: number,
  payloadType: number,
  marker: boolean,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
): number {
  buffer[offset] = version << 6
  buffer[offset + 1] = (marker ? markerBit : 0) | payloadType
  buffer[offset + 2] = sequenceNumber >>> 8
  buffer[offset + 3] = sequenceNumber
  writeUint32(buffer, offset + 4, timestamp)
  writeUint32(buffer, offset + 8, ssrc)
  return offset + rtpHeaderBytes
}

/** Changes the sequence number, timestamp and SSRC of an RTP packet in its own memory; all else stays. */
export function rewriteRtpHeader(
  packet: Uint8Array,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[2] = sequenceNumber >>> 8
  packet[3] = sequenceNumber
  writeUint32(packet, 4, timestamp)
  writeUint32(packet, 8, ssrc)
}

function uint16At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
}

function uint32At(bytes: Uint8Array, offset: number): number {
  return ((uint16At(bytes, offset) << 16) | uint16At(bytes, offset + 2)) >>> 0
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
