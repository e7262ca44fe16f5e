import type { SendThread } from '../transport/threads/send-thread.js'
import type { DatagramSendPath } from '../transport/udp/udp-endpoint.js'
import type { MulticastStats } from '../transport/udp/udp-ports.js'
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

/**
 * Statistics of a server: present numbers of connections, media and so on, and counters since the
 * start.
 */
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
  /** Number of peers (clients' addresses and ports) whose datagrams the UDP ports accept. */
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
   * Number of RTP and RTCP datagrams that the system did not accept. Reasons are a full queue of an
   * interface, no route, or a datagram that is too large. These datagrams are lost. The RTP packets
   * among them also count in `packetsDropped` of the sessions.
   */
  readonly sendErrors: number
  /**
   * Number of RTP packets known to have been sent in IP fragments, because the MTU of the route is
   * smaller; counted once for each viewer. Known with native system calls only, and not for multicast.
   * The real number may be higher.
   */
  readonly fragmentedPackets: number
  /**
   * Number of RTP packets not sent to UDP viewers because they are larger than `maxDatagramBytes`;
   * counted once for each viewer or multicast group. `packetsDropped` of the sessions counts them
   * too.
   */
  readonly oversizedPackets: number
  /**
   * Traffic of all unicast sessions so far, including ended ones. Counts RTP only, without headers
   * of transports. Sessions of `RtspServer.adopt` are left out, because the application counts
   * their traffic in `session.stats`.
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
  /** Statistics of the threads that send media at present; empty without the option `sendThreads`. */
  readonly sendThreads: readonly RtspServerSendThread[]
  /**
   * Load of the server and its measures against overload, measured at most half a second ago;
   * absent with `overload: false`.
   */
  readonly pressure: RtspServerPressure | undefined
  /**
   * Unfinished TLS handshakes, and the end of the certificate's validity; `undefined` without TLS.
   */
  readonly tls: RtspServerTlsStats | undefined
  /** Results of authentication; `undefined` without the option `auth`. */
  readonly auth: RtspServerAuthStats | undefined
}

/** Limits on the number of connections that apply at present; 0 = unlimited. */
export interface RtspServerConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** Memory of all packets that are cached for new viewers. */
export interface RtspServerGopCacheStats {
  /**
   * Memory in bytes that cached packets occupy: the whole buffer if a packet is a view of it. Never
   * above `gopCache.totalBytes`.
   */
  readonly bytes: number
  /**
   * Number of times a cache was emptied because all caches exceeded `gopCache.totalBytes`, or those
   * of one media a quarter of it. The cache stays empty until its next key frame.
   */
  readonly givenUp: number
}

/** Statistics of one send thread since it started. */
export interface RtspServerSendThread {
  /** Number of TCP connections and UDP streams that the thread sends to. */
  readonly viewers: number
  /** Bytes that the server has given to the thread, and that the thread has not sent yet. */
  readonly lagBytes: number
  /** Number of RTP packets given to the thread; counted once for each viewer. */
  readonly packetsOut: number
  /**
   * Number of RTP packets left out because the thread was too slow; counted once for each viewer.
   * `packetsDropped` of the sessions counts them too.
   */
  readonly packetsDropped: number
}

/** Returns the statistics of a send thread. */
export const sendThreadStats = (thread: SendThread): RtspServerSendThread => ({
  viewers: thread.connections + thread.destinations,
  lagBytes: thread.lagBytes,
  packetsOut: thread.packetsOut,
  packetsDropped: thread.packetsDropped,
})

/** System interfaces through which the server sends media. */
export interface RtspServerSendPaths {
  /** System interface for TCP. `send`: native calls while no bytes wait. `stream`: streams of Node. */
  readonly tcp: 'send' | 'stream'
  /**
   * System interface for UDP: one system call for many viewers, with or without segmentation by the kernel, or one
   * call for each viewer; `none` = no UDP.
   */
  readonly udp: DatagramSendPath | 'none'
}
