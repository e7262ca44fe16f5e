import type { ReceptionReport } from '../../rtcp/index.js'

/** Quality of reception of one stream, reported by its receiver: a viewer, or this server. */
export interface StreamReception {
  /** SSRC of the received source. */
  readonly ssrc: number
  /** Share of packets lost between the last two reports, 0 to 1. */
  readonly fractionLost: number
  /** Packets lost since the source began; negative when there are duplicates (RFC 3550 section 6.4.1). */
  readonly cumulativeLost: number
  /** Highest sequence number received, with the count of its wraps in the upper 16 bits. */
  readonly extendedHighestSequenceNumber: number
  /** Jitter in ticks of the RTP clock. */
  readonly interarrivalJitter: number
  /** Jitter in milliseconds. */
  readonly jitterMs: number
  /** Time to the receiver and back, without the receiver's own delay; `undefined` if unknown. */
  readonly roundTripMs: number | undefined
  /** Time of the last report, in milliseconds of the server's clock, like `session.lastAccessAt`. */
  readonly reportedAt: number
}

/** Ticks of `dlsr` in a millisecond. */
const shortTicksPerMs = 65_536 / 1000
const fractionsLost = 256

/**
 * Converts a reception report.
 *
 * @param clockRate - Ticks a second of the RTP timestamps.
 * @param reportSentAt - Time at which the echoed sender report was sent, if it was sent to this
 *   receiver.
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
  // `dlsr` counts whole ticks. A value further below zero is false.
  return roundTripMs < -1 ? undefined : Math.max(0, roundTripMs)
}
