import type { ReceptionReport } from './packet.js'

/** Size in bytes of one reception report, as sender and receiver reports contain them. */
export const reportBytes = 24
const largestCumulativeLost = 0x7fffff
const smallestCumulativeLost = -0x800000

/** Parses the reception reports that begin at an offset in the body of a packet. */
export function parseReports(body: Buffer, start: number, count: number): ReceptionReport[] {
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

/** Writes reception reports into a packet, from an offset on. */
export function writeReports(
  buffer: Buffer,
  start: number,
  reports: readonly ReceptionReport[],
): void {
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
