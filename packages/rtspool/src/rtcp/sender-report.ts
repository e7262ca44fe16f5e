import type { NtpTimestamp } from './ntp.js'
import { rtcpPacketTypes, type SenderReport } from './packet.js'
import { allocatePacket, requireCount } from './packet-words.js'
import { parseReports, reportBytes, writeReports } from './reception-report.js'

/** Size in bytes of the body of a sender report before its reception reports. */
const senderReportBytes = 24

/** Parses the body of a sender report with `count` reception reports; `undefined` if the body is too short. */
export function parseSenderReport(body: Buffer, count: number): SenderReport | undefined {
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

/**
 * Writes an RTCP sender report. `rtpTime`, `packetCount` and `octetCount` may exceed 2^32; they wrap here.
 *
 * @throws {RangeError} More than 31 reports.
 */
export function serializeSenderReport(packet: SenderReport): Buffer {
  const count = requireCount(packet.reports.length, 'reports')
  const buffer = allocatePacket(
    rtcpPacketTypes.senderReport,
    count,
    senderReportBytes + count * reportBytes,
  )
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
