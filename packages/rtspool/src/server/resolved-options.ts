import type { Clock } from '../clock.js'
import { resolveMulticast } from '../media/media-factory-options.js'
import type { CreateSlate } from '../media/slate.js'
import { checkTimeline, type TimelinePolicy } from '../media/timeline/timeline.js'
import { type GopCacheLimits, resolveServerGopCache } from '../media/track/gop-cache-options.js'
import {
  checkBoolean,
  checkClock,
  checkFunction,
  checkInteger,
  checkOptions,
  checkPair,
  checkSeconds,
  checkText,
  isRecord,
  kindOf,
  shown,
  withoutUndefined,
} from '../option-checks.js'
import { SessionPool, type SessionPoolOptions } from '../session-pool/index.js'
import type { MulticastAddressPool } from '../transport/multicast/address-pool.js'
import { type NativeSockets, nativeSockets } from '../transport/system/native-sockets.js'
import type { BacklogLimits } from '../transport/tcp/stream-writer.js'
import { automaticThreads } from '../transport/threads/create-send-threads.js'
import type { RtspPoolOptions } from './admit-hook.js'
import { AddressRanges } from './auth/address-ranges.js'
import {
  type AuthOptions,
  type ResolvedAuthOptions,
  resolveAuthOptions,
} from './auth/auth-options.js'
import { descriptorLimit } from './door/descriptor-limit.js'
import { type ResolvedTlsOptions, resolveTlsOptions } from './door/tls-options.js'
import type { TunnelHook } from './door/tunnel-hook.js'
import { type ResolvedOverloadOptions, resolveOverload } from './overload/overload-options.js'
import type { AnnounceHook, PeerCheck, UnknownPathHook } from './path-hooks.js'
import {
  type OnConnectionClosed,
  type PublisherTakeover,
  publisherTakeovers,
  type RtspServerOptions,
  rtspServerDefaults,
  type UdpLiveness,
} from './server-options.js'
import type { UnknownSessionHook } from './unknown-session-hook.js'

/** Options in the form that the server uses: checked, complete, times in milliseconds. */
export interface ResolvedRtspServerOptions {
  readonly port: number | false
  readonly host: string | undefined
  readonly tls: ResolvedTlsOptions | undefined
  readonly httpTunnel: boolean | TunnelHook
  readonly webSocket: boolean | 'ifInstalled'
  /** Origins of web pages that may use WebSockets and tunnels, in lower case. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly udpPorts: readonly [first: number, last: number] | false
  readonly maxDatagramBytes: number
  readonly pool: SessionPool
  /** True if the server created the pool, and therefore closes it. */
  readonly ownsPool: boolean
  readonly onConnectionClosed: OnConnectionClosed
  readonly udpLiveness: UdpLiveness
  readonly idleTimeoutMs: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly trustedAddresses: AddressRanges
  readonly trustedProxies: AddressRanges
  readonly backlog: BacklogLimits
  readonly slowReaderTimeoutMs: number
  readonly publisherTimeoutMs: number
  readonly publisherTakeover: PublisherTakeover
  readonly publisherGraceMs: number
  readonly publisherSlate: CreateSlate | undefined
  readonly gopCache: GopCacheLimits | undefined
  readonly gopCacheTotalBytes: number
  readonly timeline: TimelinePolicy
  readonly multicast: MulticastAddressPool | undefined
  readonly native: NativeSockets | undefined
  /** Maximum number of threads that send media to viewers; 0 = none. */
  readonly sendThreads: number
  /** Maximum number of descriptors that send threads duplicate. Viewers beyond stay on the event loop. */
  readonly maxThreadDescriptors: number
  /** Options of the overload guard; `undefined` = no guard. */
  readonly overload: ResolvedOverloadOptions | undefined
  readonly auth: ResolvedAuthOptions | undefined
  readonly onUnknownSession: UnknownSessionHook | undefined
  readonly onUnknownPath: UnknownPathHook | undefined
  readonly onAnnounce: AnnounceHook | undefined
  readonly isPeer: PeerCheck | undefined
  readonly clock: Clock
}

const maxPort = 65_535
const largestDatagramBytes = 65_535 - 20 /* IPv4 */ - 8 /* UDP */
const msPerSecond = 1000
const maxSendThreads = 64
/** Number of file descriptors that connections may not use: for UDP, files and the log. */
const reservedDescriptors = 64
/**
 * Divisor that gives the default of `maxConnectionsPerAddress`: one host may use a quarter of all
 * connections.
 */
const shares = 4

/**
 * Checks the options of a server and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
 */
export function resolveRtspServerOptions(options: RtspServerOptions): ResolvedRtspServerOptions {
  const defaults = rtspServerDefaults
  checkOptions('RtspServer', options, Object.keys(defaults))
  const clock = options.clock ?? defaults.clock
  checkClock(clock)
  if (options.host !== undefined) checkText('host', options.host)
  const pool = resolvePool(options.pool ?? {}, clock)
  const limits = connectionLimits(options)
  return Object.freeze({
    port: plainPort(options.port ?? defaults.port, options.tls !== undefined),
    host: options.host,
    tls: options.tls === undefined ? undefined : resolveTlsOptions(options.tls, options.host),
    httpTunnel: checkTunnel(options.httpTunnel ?? defaults.httpTunnel),
    webSocket: webSocketPolicy(options.webSocket ?? defaults.webSocket),
    allowedOrigins: origins(options.allowedOrigins ?? defaults.allowedOrigins),
    udpPorts: portRange(options.udpPorts ?? defaults.udpPorts),
    maxDatagramBytes:
      checkInteger(
        'maxDatagramBytes',
        options.maxDatagramBytes ?? defaults.maxDatagramBytes,
        0,
        largestDatagramBytes,
      ) || largestDatagramBytes,
    pool,
    ownsPool: pool !== options.pool,
    onConnectionClosed: closedPolicy(options.onConnectionClosed ?? defaults.onConnectionClosed),
    udpLiveness: udpLiveness(options.udpLiveness ?? defaults.udpLiveness),
    idleTimeoutMs:
      checkSeconds('idleTimeout', options.idleTimeout ?? defaults.idleTimeout) * msPerSecond,
    ...limits,
    trustedAddresses: new AddressRanges(
      'trustedAddresses',
      options.trustedAddresses ?? defaults.trustedAddresses,
    ),
    trustedProxies: new AddressRanges(
      'trustedProxies',
      options.trustedProxies ?? defaults.trustedProxies,
    ),
    backlog: Object.freeze({
      maxBytes: checkInteger(
        'maxBacklogBytes',
        options.maxBacklogBytes ?? defaults.maxBacklogBytes,
      ),
      maxAgeMs:
        checkSeconds('maxBacklogSeconds', options.maxBacklogSeconds ?? defaults.maxBacklogSeconds) *
        msPerSecond,
      maxEntryWaitMs:
        checkSeconds(
          'maxKeyFrameWaitSeconds',
          options.maxKeyFrameWaitSeconds ?? defaults.maxKeyFrameWaitSeconds,
        ) * msPerSecond,
    }),
    slowReaderTimeoutMs:
      checkSeconds('slowReaderTimeout', options.slowReaderTimeout ?? defaults.slowReaderTimeout) *
      msPerSecond,
    publisherTimeoutMs:
      checkSeconds('publisherTimeout', options.publisherTimeout ?? defaults.publisherTimeout) *
      msPerSecond,
    publisherTakeover: takeover(options.publisherTakeover ?? defaults.publisherTakeover),
    publisherGraceMs:
      checkSeconds(
        'publisherGraceSeconds',
        options.publisherGraceSeconds ?? defaults.publisherGraceSeconds,
      ) * msPerSecond,
    publisherSlate: checkHook('publisherSlate', options.publisherSlate || undefined),
    ...resolveServerGopCache(options.gopCache ?? defaults.gopCache),
    timeline: checkTimeline('timeline', options.timeline ?? defaults.timeline),
    multicast: resolveMulticast(options.multicast),
    native: resolveNative(options.nativeSockets ?? defaults.nativeSockets),
    ...resolveSendThreads(options.sendThreads ?? defaults.sendThreads, limits),
    overload: resolveOverload(options.overload ?? defaults.overload),
    auth: resolveAuth(options.auth),
    onUnknownSession: checkHook('onUnknownSession', options.onUnknownSession),
    onUnknownPath: checkHook('onUnknownPath', options.onUnknownPath),
    onAnnounce: checkHook('onAnnounce', options.onAnnounce),
    isPeer: checkHook('isPeer', options.isPeer),
    clock,
  })
}

const checkTunnel = (option: unknown): boolean | TunnelHook =>
  typeof option === 'function' ? (option as TunnelHook) : checkBoolean('httpTunnel', option)

const resolveNative = (option: unknown): NativeSockets | undefined =>
  checkBoolean('nativeSockets', option) ? nativeSockets() : undefined

/**
 * Returns the number of send threads, and the number of descriptors that they may duplicate. With `'auto'` they
 * duplicate only those that no connection needs, so that the limit on connections stays.
 */
function resolveSendThreads(
  option: unknown,
  { maxConnections }: Pick<ResolvedRtspServerOptions, 'maxConnections'>,
): Pick<ResolvedRtspServerOptions, 'sendThreads' | 'maxThreadDescriptors'> {
  if (option !== 'auto') {
    const sendThreads = checkInteger('sendThreads', option, 0, maxSendThreads)
    return { sendThreads, maxThreadDescriptors: Number.POSITIVE_INFINITY }
  }
  const spare = freeDescriptors() - maxConnections
  return { sendThreads: spare > 0 ? automaticThreads() : 0, maxThreadDescriptors: spare }
}

const freeDescriptors = (descriptors = descriptorLimit()): number =>
  (descriptors ?? Number.POSITIVE_INFINITY) - reservedDescriptors

type ConnectionOptions = Pick<
  RtspServerOptions,
  'maxConnections' | 'maxConnectionsPerAddress' | 'sendThreads' | 'nativeSockets'
>

function resolvePool(pool: SessionPool | RtspPoolOptions, clock: Clock): SessionPool {
  if (pool instanceof SessionPool) return pool
  if (!isRecord(pool)) {
    throw new TypeError(`pool must be a SessionPool or options of one, got ${kindOf(pool)}`)
  }
  // The server passes the full context that its hook expects. Direct callers of `pool.admit` pass
  // that of any pool.
  const options = withoutUndefined(pool) as SessionPoolOptions
  return new SessionPool({ ...rtspServerDefaults.pool, clock, ...options })
}

/**
 * Checks the option `auth`; `undefined` = no authentication. Any value but `undefined` and `false`
 * must be valid options, because a mistake must not allow everybody everything.
 */
const resolveAuth = (auth: AuthOptions | false | undefined): ResolvedAuthOptions | undefined =>
  auth === undefined || auth === false ? undefined : resolveAuthOptions(auth)

function checkHook<T>(name: string, hook: T | undefined): T | undefined {
  if (hook !== undefined) checkFunction(name, hook)
  return hook
}

/**
 * Returns the limits on connections, which must not exceed the file descriptors of the process.
 *
 * @param descriptors - Maximum number of file descriptors of the process.
 */
export function connectionLimits(
  options: ConnectionOptions,
  descriptors = descriptorLimit(),
): Pick<ResolvedRtspServerOptions, 'maxConnections' | 'maxConnectionsPerAddress'> {
  const { maxConnections: most = rtspServerDefaults.maxConnections } = options
  const wanted = checkInteger('maxConnections', most) || Number.POSITIVE_INFINITY
  // A thread has a descriptor of its own for each connection; with `'auto'` only if there are enough. Without native
  // calls there is no thread.
  const hasThreads =
    typeof options.sendThreads === 'number' &&
    options.sendThreads > 0 &&
    resolveNative(options.nativeSockets ?? rtspServerDefaults.nativeSockets) !== undefined
  const each = hasThreads ? 2 : 1
  const possible = Math.max(1, Math.floor(freeDescriptors(descriptors) / each))
  const maxConnections = Math.min(wanted, possible)
  const share = options.maxConnectionsPerAddress ?? Math.ceil(maxConnections / shares)
  return {
    maxConnections: Number.isFinite(maxConnections) ? maxConnections : 0,
    maxConnectionsPerAddress: Number.isFinite(share)
      ? checkInteger('maxConnectionsPerAddress', share)
      : 0,
  }
}

function plainPort(port: number | false, hasTls: boolean): number | false {
  if (port !== false) return checkInteger('port', port, 0, maxPort)
  if (hasTls) return false
  throw new TypeError('port can be false only where tls is given: the server would not listen')
}

function origins(values: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(values)) {
    throw new TypeError(`allowedOrigins must be a list of origins, got ${shown(values)}`)
  }
  for (const value of values as readonly string[]) {
    if (value === '*' || (URL.canParse(value) && value === new URL(value).origin)) continue
    throw new TypeError(
      `allowedOrigins must be like 'https://example.com' or '*', got ${shown(value)}`,
    )
  }
  return new Set(values)
}

function portRange(
  value: readonly [first: number, last: number] | false,
): readonly [first: number, last: number] | false {
  if (value === false) return false
  checkPair('udpPorts', value)
  const [first, last] = value
  checkInteger('udpPorts[0]', first, 0, maxPort)
  checkInteger('udpPorts[1]', last, 0, maxPort)
  if (first > 0 && last > first + (first % 2)) return Object.freeze([first, last] as const)
  throw new RangeError(`udpPorts must hold an even port and the next one, got ${first}-${last}`)
}

function closedPolicy(value: string): OnConnectionClosed {
  if (value === 'end' || value === 'keep') return value
  throw new TypeError(`onConnectionClosed must be 'end' or 'keep', got ${shown(value)}`)
}

function udpLiveness(value: string): UdpLiveness {
  if (value === 'client' || value === 'connection') return value
  throw new TypeError(`udpLiveness must be 'client' or 'connection', got ${shown(value)}`)
}

function takeover(value: string): PublisherTakeover {
  const known = publisherTakeovers.find((each) => each === value)
  if (known !== undefined) return known
  const expected = publisherTakeovers.map((each) => `'${each}'`).join(', ')
  throw new TypeError(`publisherTakeover must be one of ${expected}, got ${shown(value)}`)
}

function webSocketPolicy(value: boolean | 'ifInstalled'): boolean | 'ifInstalled' {
  if (typeof value === 'boolean' || value === 'ifInstalled') return value
  throw new TypeError(`webSocket must be true, false or 'ifInstalled', got ${shown(value)}`)
}
