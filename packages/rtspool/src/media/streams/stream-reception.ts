import type { ReceptionReport } from '../../rtcp/index.js'

/** Counters of the packets received from one client: `stats` of the client's session. */
export interface ReceptionCounters {
  packetsIn: number
  bytesIn: number
  packetsLost: number
}

/** Quality of reception of one stream, as reported by its receiver: a viewer, or this server. */
export interface StreamReception {
  /** SSRC of the RTP stream that was received. */
  readonly ssrc: number
  /** Share of packets lost between the last two reports, from 0 to 1. */
  readonly fractionLost: number
  /** Number of packets lost since the RTP source began; negative when there are duplicates (RFC 3550 section 6.4.1). */
  readonly cumulativeLost: number
  /** Highest sequence number received, with the count of its wraps in the upper 16 bits. */
  readonly extendedHighestSequenceNumber: number
  /** Interarrival jitter (RFC 3550 section 6.4.1), in ticks of the RTP clock rate. */
  readonly interarrivalJitter: number
  /** Interarrival jitter (RFC 3550 section 6.4.1), in milliseconds. */
  readonly jitterMs: number
  /** Milliseconds to the receiver and back, without the receiver's own delay; `undefined` if unknown. */
  readonly roundTripMs: number | undefined
  /**
   * Time at which the last reception report was made or arrived, in milliseconds of the server's monotonic clock, like
   * `session.lastAccessAt`.
   */
  readonly reportedAt: number
}

/** Number of ticks per millisecond in the RTCP field `dlsr`, which counts in 1/65536 s. */
const shortTicksPerMs = 65_536 / 1000
const fractionsLost = 256

/**
 * Converts a reception report.
 *
 * @param clockRate - Clock rate of the RTP timestamps, in ticks a second.
 * @param now - Arrival of the report, in milliseconds of the monotonic clock.
 * @param reportSentAt - Time at which the sender report named by `lsr` was sent; absent if it was not sent to this
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
