import type { Clock } from '../clock.js'
import { systemClock } from '../clock.js'
import type { CreateSlate } from '../media/slate.js'
import type { TimelinePolicy } from '../media/timeline/timeline.js'
import {
  defaultGopCacheTotalBytes,
  gopCacheDefaults,
  type ServerGopCacheOptions,
} from '../media/track/gop-cache-options.js'
import type { SessionData, SessionPool } from '../session-pool/index.js'
import type { MulticastAddressPool, MulticastOptions } from '../transport/multicast/address-pool.js'
import { defaultMaxEntryWaitMs } from '../transport/tcp/channel-table.js'
import { ethernetDatagramBytes } from '../transport/udp/udp-endpoint.js'
import type { RtspPoolOptions } from './admit-hook.js'
import type { AuthOptions } from './auth/auth-options.js'
import type { TlsOptions } from './door/tls-options.js'
import type { TunnelHook } from './door/tunnel-hook.js'
import { type OverloadOptions, overloadDefaults } from './overload/overload-options.js'
import type { AnnounceHook, PeerCheck, UnknownPathHook } from './path-hooks.js'
import type { UnknownSessionHook } from './unknown-session-hook.js'

/**
 * Policy for an interleaved session whose connection closes; see
 * {@link RtspServerOptions.onConnectionClosed}.
 */
export type OnConnectionClosed = 'end' | 'keep'

/** Values of {@link RtspServerOptions.udpLiveness}: signs that a UDP viewer is still there. */
export const udpLivenesses = Object.freeze(['client', 'connection'] as const)

/** One of {@link udpLivenesses}. */
export type UdpLiveness = (typeof udpLivenesses)[number]

/**
 * Values of {@link RtspServerOptions.publisherTakeover}: conditions under which a second publisher
 * replaces the first.
 */
export const publisherTakeovers = Object.freeze(['never', 'idle', 'sameOwner', 'always'] as const)

/** One of {@link publisherTakeovers}. */
export type PublisherTakeover = (typeof publisherTakeovers)[number]

/** Options of {@link RtspServer}; all optional. `Data` is the type of `session.data`. */
export interface RtspServerOptions<Data extends object = SessionData> {
  /**
   * TCP port; 0 = any free one; `false` = none, when only `tls` is served.
   * @default 8554
   */
  readonly port?: number | false | undefined
  /**
   * Local address or host name to listen on.
   * @default all addresses, IPv6 and IPv4
   */
  readonly host?: string | undefined
  /**
   * RTSP over TLS (`rtsps:`) on a port of its own.
   * @default none
   */
  readonly tls?: TlsOptions | undefined
  /**
   * Accepts clients through HTTP: a GET and a POST on the ports of RTSP, recognised by their first
   * bytes. A function accepts them, too, and may take over one of the two that belongs to another process.
   * @default true
   */
  readonly httpTunnel?: boolean | TunnelHook | undefined
  /**
   * Accepts clients through a WebSocket (`rtsp.onvif.org`) on the ports of RTSP. It needs the
   * optional package `ws`: with `true` the server does not start without it.
   * @default 'ifInstalled'
   */
  readonly webSocket?: boolean | 'ifInstalled' | undefined
  /**
   * Origins of web pages that may use WebSockets and tunnels, such as `https://example.com`, or
   * `*`. Pages of the same host and port are always allowed, and so are clients other than web
   * pages.
   * @default []
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /**
   * First and last UDP port of the range from which one even/odd pair is taken; `false` = no UDP.
   * @default [30000, 30999]
   */
  readonly udpPorts?: readonly [first: number, last: number] | false | undefined
  /**
   * Size in bytes of the largest RTP packet that is sent to UDP viewers and multicast groups.
   * Larger packets, which only publishers over TCP send, are left out, because many networks lose
   * IP fragments. They are counted (`stats().oversizedPackets`), and the first of a track is
   * published on the diagnostics channel `rtspool:oversized-packet`. TCP viewers get all packets.
   * The bytes that SRTP adds (4 to 16) do not count. 0 = the maximum of UDP (65507), in fragments.
   * @default 1472 (an Ethernet frame of 1500 bytes without the headers of IPv4 and UDP)
   */
  readonly maxDatagramBytes?: number | undefined
  /**
   * Options of the pool that the server creates, or a pool of your own, which several servers may
   * share and which you close. Limits on numbers of sessions are off by default. `maxIdleSetup` also limits the
   * time that an announcement waits for its SETUP. A pool of your own gives the server the type of `session.data`.
   * @default { timeoutAlwaysVisible: true, maxIdleSetup: 30, maxLeavers: 10000 }
   */
  readonly pool?: SessionPool<Data> | RtspPoolOptions<NoInfer<Data>> | undefined
  /**
   * Effect of a closed connection on its interleaved sessions: they end (`end`), or are paused
   * until their timeout (`keep`). UDP sessions always outlive their connection.
   * @default 'end'
   */
  readonly onConnectionClosed?: OnConnectionClosed | undefined
  /**
   * Signs of life that keep the session of a UDP viewer from timing out. `'client'`: only its requests
   * and its RTCP. `'connection'`: also an RTSP connection that is open and answers TCP keep-alive, because
   * FFmpeg sends neither requests nor RTCP while no media arrive. Interleaved sessions always live as
   * long as their connection, and publishers by UDP must send packets.
   * @default 'connection'
   */
  readonly udpLiveness?: UdpLiveness | undefined
  /**
   * Seconds without received bytes after which a connection without session is closed; 0 = never.
   * @default 60
   */
  readonly idleTimeout?: number | undefined
  /**
   * Maximum number of connections; further ones are closed at once. 0 = unlimited. The number never
   * exceeds the file descriptors of the process minus 64, which are reserved for other uses. With
   * a number of `sendThreads` and native system calls it never exceeds half of that.
   * @default 10000
   */
  readonly maxConnections?: number | undefined
  /**
   * Maximum number of connections of one address (IPv6: of a network of 64 bits); further ones are
   * closed at once. 0 = unlimited.
   * @default a quarter of maxConnections
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /**
   * Addresses and networks (`10.0.0.0/8`) to which `maxConnectionsPerAddress` does not apply,
   * because many clients share them: proxies, a NAT. A given list replaces the default.
   * @default ['127.0.0.0/8', '::1']
   */
  readonly trustedAddresses?: readonly string[] | undefined
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies that begin each connection with a header of the
   * PROXY protocol, version 1 or 2. The client that the header names counts for limits, bans, logins
   * and logs. The server closes a connection of such a proxy without a valid header.
   * @default [] (nobody)
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * Maximum number of unsent bytes for one interleaved viewer. Above it, the server drops packets
   * until the next key frame.
   * @default 4194304 (4 MiB)
   */
  readonly maxBacklogBytes?: number | undefined
  /**
   * Maximum age in seconds of unsent bytes for one interleaved viewer. Above it, the server drops
   * packets until the next key frame.
   * @default 2
   */
  readonly maxBacklogSeconds?: number | undefined
  /**
   * Seconds that an interleaved viewer waits for a key frame or a recovery point, after packets
   * were left out and it has caught up. After that it is sent all packets from the next picture on,
   * because some streams never send another key frame. The player may show faulty pictures until a
   * key frame arrives. 0 = no wait.
   * @default 4
   */
  readonly maxKeyFrameWaitSeconds?: number | undefined
  /**
   * Seconds without reading or acknowledging after which a client's session ends with reason
   * `slowReader`; 0 = never. Interleaved sessions do not time out. With 0, the session of a
   * vanished client lasts until the system closes its connection: on Linux some 16 minutes by
   * default.
   * @default 10
   */
  readonly slowReaderTimeout?: number | undefined
  /**
   * Seconds without RTP or RTCP after which the session of a UDP publisher whose connection has
   * closed ends with reason `silent`. Its path is then free. A paused publisher may be silent. 0 =
   * only the session timeout.
   * @default 10
   */
  readonly publisherTimeout?: number | undefined
  /**
   * Condition under which an ANNOUNCE takes over a path to which another client publishes. The
   * session of that client then ends with reason `replaced`; otherwise the ANNOUNCE gets 403. The
   * owner is the user, or without users the host (an IPv6 network of 64 bits). `'never'` always
   * refuses. `'idle'` requires the same owner, and no packet from the first publisher for 2 s.
   * `'sameOwner'` requires only the same owner. `'always'` allows anybody who may publish there.
   * @default 'idle'
   */
  readonly publisherTakeover?: PublisherTakeover | undefined
  /**
   * Seconds that the viewers of a publication stay after its publisher has left, or has lost its
   * connection. A publisher that announces the same codecs within this time continues: SSRC,
   * sequence numbers and timestamps go on, and viewers see its next key frame. With other codecs,
   * the viewers' sessions end with reason `sourceChanged`. A change applies from the next publication
   * on. 0 = viewers leave at once.
   * @default 0
   */
  readonly publisherGraceSeconds?: number | undefined
  /**
   * Function that creates the source of a slate: a clip that the viewers of a publication are sent while they wait for
   * its publisher, as with `slate` of {@link MediaFactoryOptions}. Needs `publisherGraceSeconds`. A change applies from
   * the next publication on; `false` = none.
   * @default false
   */
  readonly publisherSlate?: CreateSlate | false | undefined
  /**
   * Limits on the packets cached for each publication from the last key frame on, so that new
   * viewers start at once; `false` = no cache. Media of your own have the same option in their
   * factory; `totalBytes` limits both together.
   * @default { maxBytes: 8388608, maxSeconds: 10, totalBytes: 268435456 }
   */
  readonly gopCache?: ServerGopCacheOptions | false | undefined
  /**
   * Timeline that viewers of a publication see when it jumps in RTP time, changes its SSRC or
   * begins again. `passThrough` = the publisher's own. `continuous` = one SSRC, and sequence
   * numbers and timestamps that continue. `mounts.allowPublish` overrides it for some paths. Media
   * of your own have the same option in their factory.
   * @default 'passThrough'
   */
  readonly timeline?: TimelinePolicy | undefined
  /**
   * Multicast addresses for media, including publications: each track is sent once to a group of
   * its own, for any number of viewers. Factories may override it for their media. Needs
   * `udpPorts`.
   * @default no multicast
   */
  readonly multicast?: MulticastAddressPool | MulticastOptions | undefined
  /**
   * Sends through native system calls (`sendmmsg`, `send`) on Linux with Node: about half the
   * cost for many viewers. Needs the optional package `koffi`, or a Node with `node:ffi`.
   * @default true
   */
  readonly nativeSockets?: boolean | undefined
  /**
   * Number of threads that send media to groups of 16 and more viewers, over TCP without TLS and
   * over UDP. The event loop then only decides. `'auto'` = one less than the processors, at most 8;
   * 0 = none. Needs native system calls, and one more file descriptor for each TCP viewer. With
   * `'auto'`, only viewers for whom `maxConnections` leaves a descriptor go to threads. The first
   * thread starts when a group needs it, and a further one when each has 160 viewers.
   * @default 0
   */
  readonly sendThreads?: number | 'auto' | undefined
  /**
   * Measures against overload of memory, of the event loop, and by bytes that wait for slow
   * viewers. `false` = none.
   * @default { saveAbove: 0.8, refuseAbove: 0.9, shedAbove: 0.95 }
   */
  readonly overload?: OverloadOptions | false | undefined
  /**
   * Users, and rights to read and publish. Each request of every method is checked before its
   * session is looked up. `false` = no login: everybody may do everything that the mounts allow.
   * @default false
   */
  readonly auth?: AuthOptions | false | undefined
  /**
   * Hook that responds to requests with an unknown session id, after authentication. It is for a
   * cluster or a proxy, where another server may have the session.
   * @default the server's own response: 454, or 200 for PAUSE and TEARDOWN of a session that the
   * server ended within the last 10 s
   */
  readonly onUnknownSession?: UnknownSessionHook | undefined
  /**
   * Hook that may mount a media at the path of a DESCRIBE or SETUP, where nothing is mounted. It is for streams of other
   * servers, and for media that are made on demand.
   * @default the client gets 404
   */
  readonly onUnknownPath?: UnknownPathHook | undefined
  /**
   * Hook that may refuse an ANNOUNCE, after authentication and before the path is occupied.
   * @default the rules of the server alone decide
   */
  readonly onAnnounce?: AnnounceHook | undefined
  /**
   * Function that recognizes requests of other servers of the same cluster. They need no login.
   * @default each request needs the login of `auth`
   */
  readonly isPeer?: PeerCheck | undefined
  /**
   * Clock of the server, and of the pool that it creates. Tests pass a `ManualClock`.
   * @default the clock of the machine
   */
  readonly clock?: Clock | undefined
}

export const rtspServerDefaults = Object.freeze({
  port: 8554,
  host: undefined,
  tls: undefined,
  httpTunnel: true,
  webSocket: 'ifInstalled',
  allowedOrigins: Object.freeze([]),
  udpPorts: Object.freeze([30_000, 30_999] as const),
  maxDatagramBytes: ethernetDatagramBytes,
  pool: Object.freeze({
    timeoutAlwaysVisible: true,
    /**
     * Default of `maxIdleSetup` in seconds. A SETUP without PLAY thus does not use up a session for
     * long.
     */
    maxIdleSetup: 30,
    maxLeavers: 10_000,
  }),
  onConnectionClosed: 'end',
  udpLiveness: 'connection',
  idleTimeout: 60,
  maxConnections: 10_000,
  maxConnectionsPerAddress: undefined,
  trustedAddresses: Object.freeze(['127.0.0.0/8', '::1']),
  trustedProxies: Object.freeze([]),
  maxBacklogBytes: 4 * 1024 * 1024,
  maxBacklogSeconds: 2,
  maxKeyFrameWaitSeconds: defaultMaxEntryWaitMs / 1000,
  slowReaderTimeout: 10,
  publisherTimeout: 10,
  publisherTakeover: 'idle',
  publisherGraceSeconds: 0,
  publisherSlate: false,
  gopCache: Object.freeze({ ...gopCacheDefaults, totalBytes: defaultGopCacheTotalBytes }),
  timeline: 'passThrough',
  multicast: undefined,
  nativeSockets: true,
  sendThreads: 0,
  overload: overloadDefaults,
  auth: false,
  onUnknownSession: undefined,
  onUnknownPath: undefined,
  onAnnounce: undefined,
  isPeer: undefined,
  clock: systemClock,
}) satisfies { [K in keyof Required<RtspServerOptions>]: RtspServerOptions[K] }
