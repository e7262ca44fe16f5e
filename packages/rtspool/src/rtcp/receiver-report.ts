import {
  createSourceDescription,
  type ReceiverReport,
  type ReceptionReport,
  rtcpPacketTypes,
  type SourceDescription,
} from './packet.js'
import { allocatePacket, requireCount, wordBytes } from './packet-words.js'
import { parseReports, reportBytes, writeReports } from './reception-report.js'

/** CNAME of the receivers of this library: the same text for all, so that it says nothing about a user or a host. */
const cname = 'rtspool'

/**
 * Creates the packets with which a receiver reports about a source: a receiver report, and the CNAME that every compound
 * packet must contain (RFC 3550 sections 6.1 and 6.4.2).
 *
 * @param ssrc - SSRC of the receiver.
 * @param report - Reception of the source; `undefined` before its first packet.
 */
export const receiverReport = (
  ssrc: number,
  report: ReceptionReport | undefined,
): [ReceiverReport, SourceDescription] => [
  { type: 'receiverReport', ssrc, reports: report ? [report] : [] },
  createSourceDescription(ssrc, cname),
]

/** Parses the body of a receiver report with `count` reception reports; `undefined` if the body is too short. */
export function parseReceiverReport(body: Buffer, count: number): ReceiverReport | undefined {
  if (body.length < wordBytes + count * reportBytes) return undefined
  return {
    type: 'receiverReport',
    ssrc: body.readUInt32BE(0),
    reports: parseReports(body, wordBytes, count),
  }
}

/**
 * Writes an RTCP receiver report.
 *
 * @throws {RangeError} More than 31 reports.
 */
export function serializeReceiverReport(packet: ReceiverReport): Buffer {
  const count = requireCount(packet.reports.length, 'reports')
  const buffer = allocatePacket(
    rtcpPacketTypes.receiverReport,
    count,
    wordBytes + count * reportBytes,
  )
  buffer.writeUInt32BE(packet.ssrc, 4)
  writeReports(buffer, 8, packet.reports)
  return buffer
}
