import type {
  MulticastOptions,
  OverloadOptions,
  RtspPoolOptions,
  RtspServerLiveOptions,
  RtspServerOptions,
  TlsCertificate,
  TlsOptions,
} from 'rtspool'
import { slateOf } from '../sources/slate-file.js'
import { portsOf } from './key-meta.js'
import type { Config } from './schema.js'
import { banOptionsOf } from './sections/bans.js'
import { shareOf } from './sections/limits.js'
import type { Settings } from './settings.js'

/**
 * Type of an object with every option of an interface, even optional ones. If the library adds an
 * option, the compiler requires a configuration key for it, or its name in `WithoutKey`.
 */
type Complete<Options, WithoutKey extends keyof Options = never> = {
  [Name in Exclude<keyof Options, WithoutKey>]-?: Options[Name] | undefined
}

/**
 * Names of the session pool's options that are functions or objects. A configuration file cannot contain such values.
 */
type PoolCode = 'onAdmit' | 'admission' | 'clock' | 'idCodec' | 'createSessionId' | 'createSession'

/** Names of the server's options that are functions or objects, which the command itself may set. */
type ServerCode = 'clock' | 'onUnknownSession' | 'onUnknownPath' | 'onAnnounce' | 'isPeer'

/** Options of the session pool for which the configuration has keys. */
type PoolOptions = Complete<RtspPoolOptions, PoolCode>

/** Limits of the session pool that can change while the server runs. */
type PoolLimits = Pick<
  PoolOptions,
  | 'maxSessions'
  | 'maxSessionsPerAddress'
  | 'maxSessionsPerUser'
  | 'maxSessionsPerPath'
  | 'maxSessionsPerGroup'
  | 'maxIdleSetup'
  | 'maxLifetime'
>

/** Returns the limits of the session pool that a configuration sets. */
export const poolLimitsOf = ({ limits }: Config): PoolLimits => ({
  maxSessions: limits.maxSessions,
  maxSessionsPerAddress: limits.maxSessionsPerAddress ?? shareOf(limits.maxSessions),
  maxSessionsPerUser: limits.maxSessionsPerUser,
  maxSessionsPerPath: limits.maxSessionsPerPath,
  maxSessionsPerGroup: limits.maxSessionsPerGroup,
  maxIdleSetup: limits.maxIdleSetup,
  maxLifetime: limits.maxLifetime,
})

/** Returns the options of the server that can change while it runs. */
export function liveOptionsOf({ config, auth }: Settings): Complete<RtspServerLiveOptions> {
  const { limits, sessions, viewers, publish, rtsp } = config
  const { enabled, ...cacheLimits } = viewers.gopCache
  return {
    auth: auth ?? false,
    idleTimeout: sessions.idleTimeout,
    maxConnections: limits.maxConnections,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
    trustedAddresses: limits.trustedAddresses,
    trustedProxies: rtsp.trustedProxies,
    allowedOrigins: rtsp.allowedOrigins,
    onConnectionClosed: sessions.onConnectionClosed,
    udpLiveness: sessions.udpLiveness,
    maxBacklogBytes: viewers.maxBacklogBytes,
    maxBacklogSeconds: viewers.maxBacklogSeconds,
    maxKeyFrameWaitSeconds: viewers.maxKeyFrameWaitSeconds,
    slowReaderTimeout: viewers.slowReaderTimeout,
    publisherTimeout: publish.timeout,
    publisherTakeover: publish.takeover,
    publisherGraceSeconds: publish.grace,
    publisherSlate: publish.slate === undefined ? false : slateOf(publish.slate),
    gopCache: enabled ? cacheLimits : false,
    timeline: publish.timeline,
    overload: overloadOf(config),
  }
}

function overloadOf({ overload }: Config): OverloadOptions | false {
  const { enabled, maxQueuedBytes, ...limits } = overload
  const options = { ...limits, maxQueuedBytes } satisfies Complete<OverloadOptions, 'measure'>
  return enabled && options
}

/**
 * Returns all options of the server.
 *
 * @param certificate - Contents of the files of the section `tls`; `undefined` = no TLS.
 */
export function serverOptionsOf(
  settings: Settings,
  certificate: TlsCertificate | undefined,
): RtspServerOptions & { readonly pool: RtspPoolOptions } {
  const { config } = settings
  const { rtsp } = config
  return {
    ...liveOptionsOf(settings),
    port: rtsp.port,
    host: plainHost(rtsp.host),
    tls: certificate && tlsOptionsOf(config, certificate),
    httpTunnel: rtsp.httpTunnel,
    webSocket: rtsp.webSocket,
    udpPorts: rtsp.udpPorts === false ? false : portsOf(rtsp.udpPorts),
    maxDatagramBytes: rtsp.maxDatagramBytes,
    pool: poolOptionsOf(config),
    multicast: multicastOptionsOf(config),
    nativeSockets: rtsp.nativeSockets,
    sendThreads: rtsp.sendThreads,
  } satisfies Complete<RtspServerOptions, ServerCode>
}

/** Removes the brackets of an IPv6 address: `[::1]` becomes `::1`. Other hosts stay; `undefined` stays `undefined`. */
export const plainHost = (host: string | undefined): string | undefined =>
  host?.replace(/^\[(.+)\]$/, '$1')

const poolOptionsOf = (config: Config): PoolOptions => ({
  ...poolLimitsOf(config),
  fullPolicy: config.limits.fullPolicy,
  timeout: config.sessions.timeout,
  extraTimeout: config.sessions.extraTimeout,
  timeoutAlwaysVisible: config.sessions.timeoutAlwaysVisible,
  sessionBinding: config.sessions.binding,
  bans: banOptionsOf(config.bans),
  maxLeavers: config.sessions.maxLeavers,
})

const tlsOptionsOf = (
  { tls }: Config,
  { key, cert }: TlsCertificate,
): Complete<TlsOptions> & TlsCertificate => ({
  key,
  cert,
  port: tls.port,
  host: plainHost(tls.host),
  minVersion: tls.minVersion,
  handshakeTimeout: tls.handshakeTimeout,
  maxPendingHandshakes: tls.maxPendingHandshakes,
  srtp: tls.srtp,
})

function multicastOptionsOf({ multicast }: Config): MulticastOptions | undefined {
  if (multicast.groups.length === 0) return undefined
  return {
    groups: multicast.groups,
    ports: portsOf(multicast.ports),
    ttl: multicast.ttl,
    interface: multicast.interface,
    only: multicast.only,
    inDescription: multicast.inDescription,
  } satisfies Complete<MulticastOptions>
}
