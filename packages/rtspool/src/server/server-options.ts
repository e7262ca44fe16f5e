import type { Clock } from '../clock.js'
import { systemClock } from '../clock.js'
import type { TimelinePolicy } from '../media/timeline/timeline.js'
import {
  defaultGopCacheTotalBytes,
  gopCacheDefaults,
  type ServerGopCacheOptions,
} from '../media/track/gop-cache.js'
import type { SessionPool, SessionPoolOptions } from '../session-pool/index.js'
import type {
  MulticastAddressPool,
  MulticastOptions,
} from '../transport/multicast/multicast-address-pool.js'
import { defaultMaxEntryWaitMs } from '../transport/tcp/channel-table.js'
import { ethernetDatagramBytes } from '../transport/udp/udp-port-pair.js'
import type { RtspAdmitHook } from './admit-hook.js'
import type { AuthOptions } from './auth/auth-options.js'
import type { TlsOptions } from './door/tls-options.js'

/** What becomes of an interleaved session when its connection closes. */
export type OnConnectionClosed = 'end' | 'keep'

/** What tells that the viewer of a UDP session is still there: itself, or the connection that it keeps open. */
export const udpLivenesses = Object.freeze(['client', 'connection'] as const)

/** One of {@link udpLivenesses}. */
export type UdpLiveness = (typeof udpLivenesses)[number]

/** When a second publisher takes the path of the first. */
export const publisherTakeovers = Object.freeze(['never', 'idle', 'sameOwner', 'always'] as const)

/** One of {@link publisherTakeovers}. */
export type PublisherTakeover = (typeof publisherTakeovers)[number]

/** Options of the pool that a server makes. */
export interface RtspPoolOptions extends Omit<SessionPoolOptions, 'onAdmit'> {
  /** Asked for each new session, after authentication. @default admits everybody */
  readonly onAdmit?: RtspAdmitHook | undefined
}

/** Options of {@link RtspServer}; all optional. */
export interface RtspServerOptions {
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
   * Whether clients may come through HTTP: a GET and a POST on the ports of RTSP, told apart by the first bytes.
   * @default true
   */
  readonly httpTunnel?: boolean | undefined
  /**
   * Whether clients may come through a WebSocket (`rtsp.onvif.org`) on the ports of RTSP. It needs the optional
   * package `ws`: with `true` the server does not start without it.
   * @default 'ifInstalled'
   */
  readonly webSocket?: boolean | 'ifInstalled' | undefined
  /**
   * Origins of web pages that may use WebSockets and tunnels, such as `https://example.com`, or `*`. Pages of the
   * same host and port may always, and so may everything that is not a web page.
   * @default []
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /**
   * First and last UDP port of the range in which one even/odd pair is taken; `false` = no UDP.
   * @default [30000, 30999]
   */
  readonly udpPorts?: readonly [first: number, last: number] | false | undefined
  /**
   * Bytes of the largest RTP packet that is sent to UDP viewers and multicast groups. Larger ones, which come from
   * publishers over TCP, are left out and counted (`stats().oversizedPackets`), and the first of a track is published
   * on the diagnostics channel `rtspool:oversized-packet`: as fragments of IP, many networks lose them. TCP viewers
   * get them all. What SRTP adds (4 to 16 bytes) does not count. 0 = all that UDP takes (65507), in fragments.
   * @default 1472 (an Ethernet frame of 1500 bytes without the headers of IPv4 and UDP)
   */
  readonly maxDatagramBytes?: number | undefined
  /**
   * Options of the pool that the server makes, or a pool of your own, which several servers may share and
   * which you close. Limits of numbers are off until you set them. `maxIdleSetup` is also how long an announcement
   * may wait for its SETUP.
   * @default { timeoutAlwaysVisible: true, maxIdleSetup: 30 }
   */
  readonly pool?: SessionPool | RtspPoolOptions | undefined
  /**
   * Whether an interleaved session ends with its connection, or stays (paused) until its timeout.
   * UDP sessions always outlive their connection.
   * @default 'end'
   */
  readonly onConnectionClosed?: OnConnectionClosed | undefined
  /**
   * What keeps the session of a UDP viewer from timing out besides its requests and its RTCP: with `'connection'` its
   * connection, as long as it is open and answers the system's keep-alive; with `'client'` nothing. FFmpeg sends neither
   * while no media comes. Interleaved sessions live as long as their connection in any case, and publishers by UDP have
   * to be heard.
   * @default 'connection'
   */
  readonly udpLiveness?: UdpLiveness | undefined
  /**
   * Seconds after which a connection that brings nothing and has no session is closed; 0 = never.
   * @default 60
   */
  readonly idleTimeout?: number | undefined
  /**
   * Connections at the same time; more are closed at once. 0 = unlimited. Never more than the process may have
   * descriptors, less 64 for everything else.
   * @default 10000
   */
  readonly maxConnections?: number | undefined
  /**
   * Connections at the same time of one address (IPv6: of a network of 64 bits); more are closed at once.
   * 0 = unlimited.
   * @default a quarter of maxConnections
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /**
   * Addresses and networks (`10.0.0.0/8`) without a limit of their own, because many clients come from them: proxies,
   * a NAT. What is given takes the place of the default.
   * @default ['127.0.0.0/8', '::1']
   */
  readonly trustedAddresses?: readonly string[] | undefined
  /**
   * Bytes that may wait for one interleaved viewer before packets are left out up to the next key frame.
   * @default 4194304 (4 MiB)
   */
  readonly maxBacklogBytes?: number | undefined
  /**
   * Seconds that an interleaved viewer may be behind before packets are left out up to the next key frame.
   * @default 2
   */
  readonly maxBacklogSeconds?: number | undefined
  /**
   * Seconds that an interleaved viewer for whom packets were left out, and who has caught up, waits for a key frame or a
   * recovery point. After that it is sent all packets from the next picture on, because there are streams that never send
   * another key frame; it may show faulty pictures until one comes. 0 = it does not wait.
   * @default 4
   */
  readonly maxKeyFrameWaitSeconds?: number | undefined
  /**
   * Seconds after which a client that takes nothing, or acknowledges nothing, leaves with reason `slowReader`; 0 = never.
   * Interleaved sessions do not time out: with 0, one whose client has vanished stays until the system gives its
   * connection up, on Linux after some 16 minutes by default.
   * @default 10
   */
  readonly slowReaderTimeout?: number | undefined
  /**
   * Seconds after which a publisher over UDP whose connection has closed, and that sends neither RTP nor RTCP, leaves
   * with reason `silent`, and its path is free; not while it pauses. 0 = only when its session times out.
   * @default 10
   */
  readonly publisherTimeout?: number | undefined
  /**
   * When an ANNOUNCE takes a path over that another client publishes to, which then leaves with reason `replaced`;
   * otherwise it is refused with 403. The owner is the user, or without users the host (an IPv6 network of 64 bits).
   * `'never'`; `'idle'`: the same owner, when the first has sent nothing for 2 s; `'sameOwner'`: the same owner at any
   * time; `'always'`: whoever may publish there.
   * @default 'idle'
   */
  readonly publisherTakeover?: PublisherTakeover | undefined
  /**
   * How much of what is published is kept, from the last key frame on, so that new viewers start at once;
   * `false` = nothing. Media of your own have the same option in their factory; `totalBytes` limits what both keep.
   * @default { maxBytes: 8388608, maxSeconds: 10, totalBytes: 268435456 }
   */
  readonly gopCache?: ServerGopCacheOptions | false | undefined
  /**
   * What viewers of a publication see when it jumps in RTP time, changes its SSRC or begins anew: the same
   * (`passThrough`), or one SSRC, sequence numbers and timestamps that go on (`continuous`). `mounts.allowPublish` may say
   * otherwise for some paths; media of your own have the same option in their factory.
   * @default 'passThrough'
   */
  readonly timeline?: TimelinePolicy | undefined
  /**
   * Where media may be sent by multicast, publications among them: each track goes once to a group of its own,
   * however many watch. Factories may say otherwise for their media. Needs `udpPorts`.
   * @default no multicast
   */
  readonly multicast?: MulticastAddressPool | MulticastOptions | undefined
  /**
   * Whether to send through the system's own calls (`sendmmsg`, `send`) where the optional package `koffi` is
   * installed on Linux, and the runtime is Node: about half the cost for many viewers.
   * @default true
   */
  readonly nativeSockets?: boolean | undefined
  /**
   * Who may read and publish what. Each request of every method is looked at, before any session is.
   * @default everybody may do everything that the mounts allow
   */
  readonly auth?: AuthOptions | undefined
  /**
   * Tells the time and runs the timers of the server and of the pool that it makes. Tests give a `ManualClock`.
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
    /** Seconds: nobody keeps a place for long with a SETUP alone. */
    maxIdleSetup: 30,
  }),
  onConnectionClosed: 'end',
  udpLiveness: 'connection',
  idleTimeout: 60,
  maxConnections: 10_000,
  maxConnectionsPerAddress: undefined,
  trustedAddresses: Object.freeze(['127.0.0.0/8', '::1']),
  maxBacklogBytes: 4 * 1024 * 1024,
  maxBacklogSeconds: 2,
  maxKeyFrameWaitSeconds: defaultMaxEntryWaitMs / 1000,
  slowReaderTimeout: 10,
  publisherTimeout: 10,
  publisherTakeover: 'idle',
  gopCache: Object.freeze({ ...gopCacheDefaults, totalBytes: defaultGopCacheTotalBytes }),
  timeline: 'passThrough',
  multicast: undefined,
  nativeSockets: true,
  auth: undefined,
  clock: systemClock,
}) satisfies { [K in keyof Required<RtspServerOptions>]: RtspServerOptions[K] }
