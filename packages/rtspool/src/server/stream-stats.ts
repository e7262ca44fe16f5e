import { mediaStreamOf } from '../media/streams/media-stream.js'
import type { StreamReception } from '../media/streams/stream-reception.js'
import type { Session, SessionTransport } from '../session-pool/index.js'

/** Statistics of one track of a session. */
export interface StreamStats {
  /** Decoded path of the presentation that the session plays or records. */
  readonly path: string
  /** Index of the track, from 0, in the description or announcement. */
  readonly index: number
  /** `play`: sent to a viewer; `record`: received from a publisher. */
  readonly mode: 'play' | 'record'
  readonly lowerTransport: 'TCP' | 'UDP'
  /**
   * SSRC of the packets: the publisher's own, or the one that the viewer receives; `undefined` if
   * it is not known yet.
   */
  readonly ssrc: number | undefined
  /**
   * Values of the last reception report: from the viewer about the packets sent to it, or from this
   * server about the publisher's packets. `undefined` before the first one. Viewers report about
   * every 5 s (RFC 3550 section 6.2).
   */
  readonly reception: StreamReception | undefined
  /** Number of RTCP packets that could not be parsed and were dropped. */
  readonly malformedRtcp: number
  /**
   * Number of packets of the publisher or source that were dropped because they were not RTP, or
   * too large.
   */
  readonly invalidPackets: number
  /**
   * Number of RTP packets of the track whose payload type the session description does not list. They are sent to
   * viewers unchanged.
   */
  readonly unlistedPackets: number
  /**
   * Number of SRTP and SRTCP packets of this client that were dropped: not authentic, repeated, or
   * too old. 0 if the stream is not SRTP.
   */
  readonly rejectedPackets: number
}

/**
 * Returns statistics of the tracks of a session, from RTCP: loss, jitter, round-trip time.
 *
 * ```ts
 * for (const { index, reception } of streamStatsOf(session)) console.log(index, reception?.roundTripMs)
 * ```
 *
 * @returns A snapshot, empty for a session that has no track or has ended.
 */
export function streamStatsOf(session: Session<object>): StreamStats[] {
  const stats: StreamStats[] = []
  for (const { path, transports } of session.filter()) {
    for (const [index, transport] of transports) {
      const stream = mediaStreamOf(transport)
      if (!stream) continue
      stats.push({
        path,
        index,
        mode: stream.mode,
        lowerTransport: stream.lowerTransport,
        ssrc: stream.ssrc,
        reception: stream.reception,
        malformedRtcp: stream.malformedRtcp,
        invalidPackets: stream.invalidPackets,
        unlistedPackets: stream.unlistedPackets,
        rejectedPackets: stream.security?.rejectedPackets ?? 0,
      })
    }
  }
  return stats
}

/**
 * Returns the transport of a session's media, which is the same for all of its tracks.
 *
 * @returns The transport, even after the session has ended; `undefined` for a session without a
 * SETUP.
 */
export function transportOf(session: Session<object>): SessionTransport | undefined {
  return session.use?.transport
}
