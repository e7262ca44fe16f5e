import type { DatagramSendPath } from '../transport/udp/udp-endpoint.js'
import type { MulticastStats } from '../transport/udp/udp-transport.js'
import type { RtspServerAuthStats } from './auth/auth-stats.js'
import type { RtspServerTraffic } from './connection/traffic.js'
import type { RtspServerTlsStats } from './door/front-door.js'
import type { RtspServerPressure } from './overload/pressure.js'

/** Multicast statistics of a server without multicast: all values are 0. */
export const noMulticast: Readonly<MulticastStats> = Object.freeze({
  groups: 0,
  viewers: 0,
  packetsOut: 0,
  bytesOut: 0,
})

/** Present numbers of connections, media and the like, and counters since the start. */
export interface RtspServerStats {
  /** Number of open connections, including those whose protocol is not known yet. */
  readonly connections: number
  /**
   * Number of connections closed at once because of `maxConnections` or `maxConnectionsPerAddress`,
   * so far.
   */
  readonly refusedConnections: number
  /** Number of connections closed at once because their address is banned, so far. */
  readonly bannedConnections: number
  readonly sessions: number
  /** Number of media that viewers have requested, until their sources are closed. */
  readonly media: number
  /** Number of clients whose datagrams the UDP ports accept. */
  readonly udpPeers: number
  /** Number of datagrams dropped at the UDP ports because no session announced their sender. */
  readonly rejectedRtp: number
  readonly rejectedRtcp: number
  /** Number of interleaved channels in use, over all connections. */
  readonly channels: number
  /**
   * Number of interleaved frames dropped because no SETUP has used their channel, over all
   * connections so far.
   */
  readonly unknownChannelFrames: number
  /**
   * Number of RTP and RTCP datagrams that the system did not accept. The queue of an interface was
   * full, there was no route, or they were too large for it. They are lost. RTP packets among them
   * also count in `packetsDropped` of the sessions.
   */
  readonly sendErrors: number
  /**
   * Number of RTP packets known to have been sent in IP fragments, because the route refused
   * segments of their size; counted once for each viewer. Known on Linux with `koffi` only, and not
   * for multicast: a lower bound as long as routes do not change.
   */
  readonly fragmentedPackets: number
  /**
   * Number of RTP packets not sent to UDP viewers because they are larger than `maxDatagramBytes`;
   * counted once for each viewer or multicast group. `packetsDropped` of the sessions counts them
   * too.
   */
  readonly oversizedPackets: number
  /**
   * Traffic of all unicast sessions so far, including ended ones. RTP only; without headers of
   * transports. Leaves out sessions of `RtspServer.adopt`, which the application serves: `session.stats`
   * has the figures that the application counts.
   */
  readonly unicast: RtspServerTraffic
  readonly gopCache: RtspServerGopCacheStats
  /**
   * Traffic of multicast groups. Each packet to a group counts once here, and once for each session
   * that plays the group. So the sum over sessions is what viewers may have received, not what was
   * sent.
   */
  readonly multicast: Readonly<MulticastStats>
  readonly sendPaths: RtspServerSendPaths
  /** Load of the server and its measures, up to half a second old; absent with `overload: false`. */
  readonly pressure: RtspServerPressure | undefined
  /** Handshakes and certificate; `undefined` without TLS. */
  readonly tls: RtspServerTlsStats | undefined
  /** Results of authentication; `undefined` without the option `auth`. */
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
   * Size in bytes of the memory that packets occupy: the whole buffer if a packet is a view of it.
   * Never above `gopCache.totalBytes`.
   */
  readonly bytes: number
  /**
   * Number of times a cache was emptied because of the limit; it stays empty until its next key
   * frame.
   */
  readonly givenUp: number
}

/** Ways in which media leave this server. */
export interface RtspServerSendPaths {
  /** Method for TCP. `send`: native calls while no bytes wait. `stream`: streams of Node. */
  readonly tcp: 'send' | 'stream'
  /**
   * Method for UDP: one call for many viewers, with or without segmentation, or one call for each;
   * or no UDP at all.
   */
  readonly udp: DatagramSendPath | 'none'
}
