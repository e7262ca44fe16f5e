import {
  ntpMiddle32,
  parseCompound,
  type ReceptionReport,
  serializeCompound,
} from '../../src/rtcp/index.js'

/** Creates a receiver report on one source; missing values are 0. */
export const receiverReportOf = (report: Partial<ReceptionReport>, ssrc = 1): Buffer =>
  serializeCompound([
    {
      type: 'receiverReport',
      ssrc,
      reports: [
        {
          ssrc: 0,
          fractionLost: 0,
          cumulativeLost: 0,
          extendedHighestSequenceNumber: 0,
          interarrivalJitter: 0,
          lsr: 0,
          dlsr: 0,
          ...report,
        },
      ],
    },
  ])

/**
 * Returns the `lsr` that a receiver of these compound packets echoes; 0 without a sender report.
 */
export function lastSenderReport(compounds: readonly Buffer[]): number {
  const reports = compounds.flatMap((compound) => parseCompound(compound))
  const report = reports.findLast((packet) => packet.type === 'senderReport')
  return report ? ntpMiddle32(report.ntpTime) : 0
}
