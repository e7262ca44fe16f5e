import type { ReceptionReport } from '../../rtcp/index.js'

/** How well one stream arrives, as its receiver says: a viewer in its reports, or this server. */
export interface StreamReception {
  /** The source that is received. */
  readonly ssrc: number
  /** Share of packets lost between the last two reports, 0 to 1. */
  readonly fractionLost: number
  /** Packets lost since the source began; negative when there are duplicates (RFC 3550 section 6.4.1). */
  readonly cumulativeLost: number
  /** Highest sequence number received, with the count of its wraps in the upper 16 bits. */
  readonly extendedHighestSequenceNumber: number
  /** In ticks of the RTP clock. */
  readonly interarrivalJitter: number
  /** The same in milliseconds. */
  readonly jitterMs: number
  /** To the receiver and back, without its own delay; `undefined` where it is not known. */
  readonly roundTripMs: number | undefined
  /** Of the last report, in milliseconds of the server's clock, as `session.lastAccessAt` is. */
  readonly reportedAt: number
}

/** Ticks of `dlsr` in a millisecond. */
const shortTicksPerMs = 65_536 / 1000
const fractionsLost = 256

/**
 * What a reception report says.
 *
 * @param clockRate - Ticks a second of the RTP timestamps.
 * @param reportSentAt - When the sender report was sent that it echoes, if it was sent to this receiver.
 */
export function streamReceptionOf(
  report: ReceptionReport,
  clockRate: number,
  now: number,
  reportSentAt?: number,
): StreamReception {
  const { ssrc, cumulativeLost, extendedHighestSequenceNumber, interarrivalJitter } = report
  return {
    ssrc,
    fractionLost: report.fractionLost / fractionsLost,
    cumulativeLost,
    extendedHighestSequenceNumber,
    interarrivalJitter,
    jitterMs: (interarrivalJitter * 1000) / clockRate,
    roundTripMs: roundTripOf(report, now, reportSentAt),
    reportedAt: now,
  }
}

function roundTripOf({ dlsr }: ReceptionReport, now: number, sentAt: number | undefined) {
  if (sentAt === undefined) return undefined
  const roundTripMs = now - sentAt - dlsr / shortTicksPerMs
  // `dlsr` counts whole ticks; anything more below zero is a lie.
  return roundTripMs < -1 ? undefined : Math.max(0, roundTripMs)
}
