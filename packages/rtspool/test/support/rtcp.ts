import {
  ntpMiddle32,
  parseCompound,
  type ReceptionReport,
  serializeCompound,
} from '../../src/rtcp/index.js'

/** A receiver report on one source; what is not given is 0. */
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

/** What a receiver of these compound packets echoes as `lsr`; 0 when none of them holds a sender report. */
export function lastSenderReport(compounds: readonly Buffer[]): number {
  const reports = compounds.flatMap((compound) => parseCompound(compound))
  const report = reports.findLast((packet) => packet.type === 'senderReport')
  return report ? ntpMiddle32(report.ntpTime) : 0
}
