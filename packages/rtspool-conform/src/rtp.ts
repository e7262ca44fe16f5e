/** The fixed header of an RTP packet (RFC 3550 section 5.1). */
export interface RtpHeader {
  readonly payloadType: number
  readonly sequenceNumber: number
  readonly timestamp: number
  readonly ssrc: number
}

/** Parses an RTP header; `undefined` if the bytes are not an RTP packet of version 2. */
export function readRtp(bytes: Buffer): RtpHeader | undefined {
  const [first = 0, second = 0] = bytes
  if (bytes.length < 12 || first >> 6 !== 2) return undefined
  return {
    payloadType: second & 0x7f,
    sequenceNumber: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
  }
}

/** Serializes an RTP packet with this header and payload. */
export function writeRtp(header: RtpHeader, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = 0x80
  bytes[1] = 0x80 | header.payloadType
  bytes.writeUInt16BE(header.sequenceNumber & 0xffff, 2)
  bytes.writeUInt32BE(header.timestamp >>> 0, 4)
  bytes.writeUInt32BE(header.ssrc, 8)
  return Buffer.concat([bytes, payload])
}

/** Numbers of RTCP packet types (RFC 3550 section 12.1). */
export const rtcpTypes = { senderReport: 200, receiverReport: 201, description: 202, bye: 203 }

/** One packet of a compound RTCP packet, which carries several in a row. */
export interface RtcpPacket {
  readonly type: number
  /** SSRC of the sender; 0 if the packet is too short for one. */
  readonly ssrc: number
  /** Bytes after the first four bytes (header) of the packet; a view of the received bytes. */
  readonly body: Buffer
}

/**
 * Splits a compound RTCP packet. Returns `undefined` if the lengths of the packets do not add up,
 * or a version is not 2.
 */
export function readRtcp(bytes: Buffer): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length || (bytes[at] ?? 0) >> 6 !== 2) return undefined
    const end = at + 4 * (bytes.readUInt16BE(at + 2) + 1)
    if (end > bytes.length) return undefined
    const body = bytes.subarray(at + 4, end)
    packets.push({
      type: bytes[at + 1] ?? 0,
      ssrc: body.length < 4 ? 0 : body.readUInt32BE(0),
      body,
    })
    at = end
  }
  return packets.length === 0 ? undefined : packets
}

/**
 * Creates a compound packet of an empty receiver report and a CNAME: the least that a receiver must
 * send.
 */
export function receiverReport(ssrc: number): Buffer {
  const report = Buffer.alloc(8)
  report.set([0x80, rtcpTypes.receiverReport, 0, 1])
  report.writeUInt32BE(ssrc, 4)
  // SDES: one chunk with CNAME "a@b.c", an end, and padding to 32 bits.
  const cname = Buffer.from('a@b.c')
  const items = Buffer.concat([Buffer.of(1, cname.length), cname, Buffer.alloc(1)])
  const description = Buffer.alloc(8 + items.length)
  description.set([0x81, rtcpTypes.description, 0, description.length / 4 - 1])
  description.writeUInt32BE(ssrc, 4)
  items.copy(description, 8)
  return Buffer.concat([report, description])
}

/**
 * Returns an RTP or RTCP packet with the header of four bytes that makes it an interleaved frame (RFC 2326 section
 * 10.12).
 */
export function interleaved(channel: number, payload: Buffer): Buffer {
  const header = Buffer.of(0x24, channel, 0, 0)
  header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
