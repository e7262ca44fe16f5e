import { PlayStream } from '../media/streams/play-stream.js'
import { RecordStream } from '../media/streams/record-stream.js'
import type { StreamReception } from '../media/streams/stream-reception.js'
import type { TransportSpecInit } from '../rtsp/index.js'
import type { Session } from '../session-pool/index.js'

/** One track of a session, and how well it arrives. */
export interface StreamStats {
  /** Path of the presentation. */
  readonly path: string
  /** Of the track, from 0, as it was described or announced. */
  readonly index: number
  /** `play`: to a viewer; `record`: from a publisher. */
  readonly mode: 'play' | 'record'
  readonly lowerTransport: 'TCP' | 'UDP'
  /** Source of the stream, once it is known: as the publisher sends it, or as the viewer sees it. */
  readonly ssrc: number | undefined
  /**
   * The last reception report: the viewer's about what it was sent, or ours about what the publisher sent.
   * `undefined` before the first one; viewers report about every 5 s (RFC 3550 section 6.2).
   */
  readonly reception: StreamReception | undefined
  /** What came as RTCP and was none: dropped without effect. */
  readonly malformedRtcp: number
  /** What its publisher, or its source, gave the track as RTP and was none, or too large: dropped and counted here. */
  readonly invalidPackets: number
  /** RTP packets of the track whose payload type its description does not list: passed on to viewers as they are. */
  readonly unlistedPackets: number
  /**
   * What came from this client as SRTP or SRTCP and was not used: not authentic, repeated, or too old. 0 where the stream
   * is not SRTP.
   */
  readonly rejectedPackets: number
}

/**
 * The tracks of a session with what RTCP says about them: loss, jitter, round-trip time.
 *
 * ```ts
 * for (const { index, reception } of streamStatsOf(session)) console.log(index, reception?.roundTripMs)
 * ```
 *
 * @returns A snapshot, empty for a session that has set nothing up or has left.
 */
export function streamStatsOf(session: Session): StreamStats[] {
  const stats: StreamStats[] = []
  for (const { path, transports } of session.filter()) {
    for (const [index, stream] of transports) {
      if (!(stream instanceof PlayStream || stream instanceof RecordStream)) continue
      stats.push({
        path,
        index,
        mode: stream instanceof PlayStream ? 'play' : 'record',
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

/** How the media of a session travel. */
export type SessionTransport = 'TCP' | 'UDP' | 'multicast'

const transports = new WeakMap<Session, SessionTransport>()

/** Remembers what a SETUP has chosen. */
export function noteTransport(session: Session, { lowerTransport, delivery }: TransportSpecInit) {
  const unicast = lowerTransport === 'TCP' ? 'TCP' : 'UDP'
  transports.set(session, delivery === 'multicast' ? 'multicast' : unicast)
}

/**
 * How the media of a session travel: a session has one way for all of its tracks.
 *
 * @returns Also for a session that has left; `undefined` for one that has set nothing up.
 */
export function transportOf(session: Session): SessionTransport | undefined {
  return transports.get(session)
}
