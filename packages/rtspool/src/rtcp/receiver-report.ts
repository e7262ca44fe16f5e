import {
  createSourceDescription,
  type ReceiverReport,
  type ReceptionReport,
  type SourceDescription,
} from './packet.js'

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
