import type { DatagramSendPath } from '../transport/udp/udp-port-pair.js'
import type { MulticastStats } from '../transport/udp/udp-transport.js'
import type { RtspServerAuthStats } from './auth/auth-stats.js'
import type { RtspServerTlsStats } from './door/front-door.js'

/** Of a server that sends none. */
export const noMulticast: Readonly<MulticastStats> = Object.freeze({
  groups: 0,
  viewers: 0,
  packetsOut: 0,
  bytesOut: 0,
})

/** Counts of what a server holds at the moment. */
export interface RtspServerStats {
  /** With those that have not said yet what they speak. */
  readonly connections: number
  /** Connections that were closed at once because of `maxConnections` or `maxConnectionsPerAddress`, so far. */
  readonly refusedConnections: number
  readonly sessions: number
  /** Media that viewers have asked for, until their sources are closed. */
  readonly media: number
  /** Peers that the UDP ports listen to. */
  readonly udpPeers: number
  /** Datagrams that came to the UDP ports from where no session announced to send: dropped without effect. */
  readonly rejectedRtp: number
  readonly rejectedRtcp: number
  /** Interleaved channels in use, over all connections. */
  readonly channels: number
  /** Frames that came on a channel nobody had set up there, over all connections so far: dropped without effect. */
  readonly unknownChannelFrames: number
  /**
   * Datagrams, RTP and RTCP, that the system did not take: the queue of an interface was full, there was no route, or
   * they were too large for it. They are lost, and the RTP packets among them count in `packetsDropped` of the sessions.
   */
  readonly sendErrors: number
  /**
   * RTP packets known to have left in fragments of IP, because the route refused segments of their size: one for each
   * viewer. Known on Linux with `koffi` only, and not of multicast: a lower bound as long as routes do not change.
   */
  readonly fragmentedPackets: number
  /**
   * RTP packets that UDP viewers were not sent because they are larger than `maxDatagramBytes`: one for each viewer,
   * or multicast group, that did not get it. `packetsDropped` of the sessions counts them too.
   */
  readonly oversizedPackets: number
  readonly gopCache: RtspServerGopCacheStats
  /**
   * Each packet to a group counts once here, and once for each session that plays the group: sums over sessions
   * are what viewers may have received, not what was sent.
   */
  readonly multicast: Readonly<MulticastStats>
  readonly sendPaths: RtspServerSendPaths
  /** Where TLS is served. */
  readonly tls: RtspServerTlsStats | undefined
  /** Nothing when everybody may do everything. */
  readonly auth: RtspServerAuthStats | undefined
}

/** What is kept of all streams together for new viewers. */
export interface RtspServerGopCacheStats {
  /** Memory that it keeps alive: whole buffers where packets are views of them. Never above `gopCache.totalBytes`. */
  readonly bytes: number
  /** Caches that were given up so far, each until its next key frame, because there was too much. */
  readonly givenUp: number
}

/** How media leave this server. */
export interface RtspServerSendPaths {
  /** `send`: system calls of our own while nothing waits; `stream`: Node's. */
  readonly tcp: 'send' | 'stream'
  /** One call for many readers, with or without segmentation; one call each; or no UDP at all. */
  readonly udp: DatagramSendPath | 'none'
}
