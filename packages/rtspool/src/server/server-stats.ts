import type { DatagramSendPath } from '../transport/udp/udp-endpoint.js'
import type { MulticastStats } from '../transport/udp/udp-transport.js'
import type { RtspServerAuthStats } from './auth/auth-stats.js'
import type { RtspServerTraffic } from './connection/traffic.js'
import type { RtspServerTlsStats } from './door/front-door.js'
import type { RtspServerPressure } from './overload/pressure.js'

/** Multicast statistics of a server without multicast: all zero. */
export const noMulticast: Readonly<MulticastStats> = Object.freeze({
  groups: 0,
  viewers: 0,
  packetsOut: 0,
  bytesOut: 0,
})

/** Numbers of objects in a server at the moment, and counters. */
export interface RtspServerStats {
  /** Open connections, including those whose protocol is not known yet. */
  readonly connections: number
  /** Connections closed at once because of `maxConnections` or `maxConnectionsPerAddress`, so far. */
  readonly refusedConnections: number
  /** Connections closed at once because their address is banned, so far. */
  readonly bannedConnections: number
  readonly sessions: number
  /** Media requested by viewers, until their sources are closed. */
  readonly media: number
  /** Peers whose datagrams the UDP ports receive. */
  readonly udpPeers: number
  /** Datagrams dropped at the UDP ports because no session announced their sender. */
  readonly rejectedRtp: number
  readonly rejectedRtcp: number
  /** Interleaved channels in use, over all connections. */
  readonly channels: number
  /** Frames dropped because nobody had set up their channel, over all connections so far. */
  readonly unknownChannelFrames: number
  /**
   * RTP and RTCP datagrams that the system did not accept: the queue of an interface was full,
   * there was no route, or they were too large for it. They are lost. RTP packets among them also
   * count in `packetsDropped` of the sessions.
   */
  readonly sendErrors: number
  /**
   * RTP packets known to have been sent in IP fragments, because the route refused segments of
   * their size: counted once for each viewer. Known on Linux with `koffi` only, and not for
   * multicast: a lower bound as long as routes do not change.
   */
  readonly fragmentedPackets: number
  /**
   * RTP packets not sent to UDP viewers because they are larger than `maxDatagramBytes`: counted
   * once for each viewer or multicast group. `packetsDropped` of the sessions counts them too.
   */
  readonly oversizedPackets: number
  /** Totals of unicast sessions so far, of those that have left as well. RTP only; without headers of transports. */
  readonly unicast: RtspServerTraffic
  readonly gopCache: RtspServerGopCacheStats
  /**
   * Multicast figures. Each packet to a group counts once here, and once for each session that
   * plays the group. So the sum over sessions is what viewers may have received, not what was sent.
   */
  readonly multicast: Readonly<MulticastStats>
  readonly sendPaths: RtspServerSendPaths
  /** Load of the server and its measures, up to half a second old; absent with `overload: false`. */
  readonly pressure: RtspServerPressure | undefined
  /** Present if the server has TLS. */
  readonly tls: RtspServerTlsStats | undefined
  /** Present if the server has the option `auth`. */
  readonly auth: RtspServerAuthStats | undefined
}

/** Limits on connections; 0 = unlimited. */
export interface RtspServerConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** Memory of all packets kept for new viewers. */
export interface RtspServerGopCacheStats {
  /**
   * Memory held in bytes: whole buffers if packets are views of them. Never above
   * `gopCache.totalBytes`.
   */
  readonly bytes: number
  /** Caches emptied so far because of the limit, each until its next key frame. */
  readonly givenUp: number
}

/** Ways in which media leave this server. */
export interface RtspServerSendPaths {
  /** `send`: native calls while nothing waits; `stream`: Node's streams. */
  readonly tcp: 'send' | 'stream'
  /** One call for many readers, with or without segmentation; one call for each; or no UDP at all. */
  readonly udp: DatagramSendPath | 'none'
}
