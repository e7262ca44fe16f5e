import { type Clock, systemClock } from '../clock.js'
import {
  checkBoolean,
  checkClock,
  checkFunction,
  checkInteger,
  checkOptions,
  checkPair,
  checkSeconds,
  checkText,
  kindOf,
  shown,
  withoutUndefined,
} from '../option-checks.js'
import type { RtspClientTrack, RtspClientTransport } from './rtsp-client.js'

/**
 * Connections on which the client sends a password in clear (Basic): inside TLS only, all, or none.
 */
export type ClientBasicPolicy = 'overTls' | 'always' | 'never'

const basicPolicies: readonly ClientBasicPolicy[] = ['overTls', 'always', 'never']

/**
 * Hosts to which the client sends the credentials after a redirect: that of the URL only, or any.
 */
export type ClientCredentialsPolicy = 'sameHost' | 'anyHost'

const credentialsPolicies: readonly ClientCredentialsPolicy[] = ['sameHost', 'anyHost']

/** Returns further header lines for a request to the server. */
export type RtspClientHeaders = (request: {
  readonly method: string
  readonly uri: string
}) => Iterable<readonly [name: string, value: string]>

/** Options of TLS for `rtsps:` URLs; all optional. */
export interface RtspClientTlsOptions {
  /**
   * Certificates of the authorities that may have signed the server's certificate, in PEM.
   * @default those of Node
   */
  readonly ca?: string | Uint8Array | undefined
  /**
   * SHA-256 fingerprint of the server's certificate: 64 hexadecimal digits, with or without colons.
   * The client then accepts this certificate only, even a self-signed one, and sends nothing to any other.
   * @default none: an authority must have signed the certificate
   */
  readonly fingerprint?: string | undefined
  /**
   * Allows TLS 1.0, RSA key exchange and SHA-1, for cameras with old firmware.
   * @default false
   */
  readonly allowsLegacy?: boolean | undefined
}

/** Options of `connect`; all optional. */
export interface RtspClientOptions {
  /**
   * User name with which the client authenticates if the server requires that.
   * @default that of the URL
   */
  readonly username?: string | undefined
  /**
   * Password of the user.
   * @default that of the URL, or an empty one
   */
  readonly password?: string | undefined
  /**
   * Maximum number of redirects that the client follows for one DESCRIBE or ANNOUNCE, 0 to 20.
   * @default 5
   */
  readonly maxRedirects?: number | undefined
  /**
   * Hosts to which the client sends the credentials and `headers` after a redirect: that of the URL only, or any
   * (`'anyHost'`).
   * @default 'sameHost'
   */
  readonly credentialsFor?: ClientCredentialsPolicy | undefined
  /**
   * Connections on which Basic, a password in clear, is sent: inside TLS (`'overTls'`), on all (`'always'`), or on none
   * (`'never'`). Digest is preferred in any case.
   * @default 'overTls'
   */
  readonly basic?: ClientBasicPolicy | undefined
  /**
   * Selects the tracks to play: returns `true` for each of them.
   * @default audio and video tracks that the server sends
   */
  readonly tracks?: ((track: RtspClientTrack) => boolean) | undefined
  /**
   * Transports in the order of preference. The client connects anew with the next one if the server refuses one (461,
   * or any refusal of a tunnel). It does the same if nothing arrives over UDP or multicast for `udpSilenceSeconds`. A
   * `ws:` or `wss:` URL means `webSocket` alone.
   * @default ['tcp', 'udp']
   */
  readonly transports?: readonly RtspClientTransport[] | undefined
  /**
   * Requests the back channel of ONVIF, to send audio to the camera. If the server refuses, the client connects anew
   * without it. Some doorbells disable their button while the back channel is open.
   * @default false
   */
  readonly backChannel?: boolean | undefined
  /**
   * First and last port of the range from which UDP ports are taken, two for each track.
   * @default [50000, 59999]
   */
  readonly udpPorts?: readonly [first: number, last: number] | undefined
  /**
   * Name (`eth0`) or address of the network interface on which multicast is received.
   * @default that of the connection to the server; if that is the loopback, the system's routes decide
   */
  readonly multicastInterface?: string | undefined
  /**
   * Seconds after PLAY without a packet over UDP or multicast, after which the next transport is taken. Without a next one,
   * a client of audio or video ends with `ERR_CLIENT_TRANSPORT`. 0 = never.
   * @default 4
   */
  readonly udpSilenceSeconds?: number | undefined
  /**
   * Options of TLS for `rtsps:` URLs.
   * @default authorities of Node, no fingerprint, no legacy suites
   */
  readonly tls?: RtspClientTlsOptions | undefined
  /**
   * Value of User-Agent, which some cameras require.
   * @default 'rtspool'
   */
  readonly userAgent?: string | undefined
  /**
   * Function that returns further header lines for a request, such as credentials of another kind. Called for each
   * RTSP request to the host of the URL. After a redirect to another host, it is called only if `credentialsFor` is
   * `'anyHost'`.
   * @default none
   */
  readonly headers?: RtspClientHeaders | undefined
  /**
   * Seconds within which the connection must be open, TLS included; more than 0, at most 600.
   * @default 10
   */
  readonly connectTimeout?: number | undefined
  /**
   * Seconds within which the server must respond to a request; more than 0, at most 600.
   * @default 10
   */
  readonly responseTimeout?: number | undefined
  /**
   * Maximum number of seconds between two requests that keep the session alive. The client also stays
   * below half the timeout that the server announces. 0 = no such requests.
   * @default 30
   */
  readonly keepAliveSeconds?: number | undefined
  /**
   * Seconds between two RTCP receiver reports. 0 = no reports.
   * @default 4, because some cameras end a session after 5 s without a report
   */
  readonly reportSeconds?: number | undefined
  /**
   * Signal that ends the attempt to connect, or closes the client later; iterations then throw the
   * reason of the signal.
   * @default never
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Clock for all timeouts, intervals and times of the client. Tests replace it.
   * @default `systemClock`
   */
  readonly clock?: Clock | undefined
}

/** Defaults of {@link RtspClientOptions}. */
export const rtspClientDefaults = Object.freeze({
  username: undefined,
  password: undefined,
  maxRedirects: 5,
  credentialsFor: 'sameHost',
  basic: 'overTls',
  tracks: undefined,
  backChannel: false,
  transports: Object.freeze(['tcp', 'udp'] as const),
  udpPorts: Object.freeze([50_000, 59_999] as const),
  multicastInterface: undefined,
  udpSilenceSeconds: 4,
  tls: undefined,
  userAgent: 'rtspool',
  headers: undefined,
  connectTimeout: 10,
  responseTimeout: 10,
  keepAliveSeconds: 30,
  reportSeconds: 4,
  signal: undefined,
  clock: systemClock,
}) satisfies { [K in keyof Required<RtspClientOptions>]: RtspClientOptions[K] }

const knownTransports: readonly RtspClientTransport[] = [
  ...(['tcp', 'udp', 'multicast', 'http', 'webSocket'] as const),
]
const tlsNames = ['ca', 'fingerprint', 'allowsLegacy']
const maxTimeoutSeconds = 600
const maxRedirects = 20
const maxPort = 65_535

/** Options after their checks, with all defaults filled in. */
export interface ResolvedClientOptions {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly maxRedirects: number
  readonly credentialsFor: ClientCredentialsPolicy
  readonly basic: ClientBasicPolicy
  readonly tracks: ((track: RtspClientTrack) => boolean) | undefined
  readonly backChannel: boolean
  readonly transports: readonly RtspClientTransport[]
  readonly udpPorts: readonly [first: number, last: number]
  readonly multicastInterface: string | undefined
  readonly udpSilenceSeconds: number
  readonly tls: RtspClientTlsOptions
  readonly userAgent: string
  readonly headers: RtspClientHeaders | undefined
  readonly connectTimeout: number
  readonly responseTimeout: number
  readonly keepAliveSeconds: number
  readonly reportSeconds: number
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {TypeError} an unknown name, or a value of the wrong type.
 * @throws {RangeError} a number outside its range.
 */
export function resolveClientOptions(options: RtspClientOptions = {}): ResolvedClientOptions {
  checkOptions('connect', options, Object.keys(rtspClientDefaults))
  const resolved = {
    ...rtspClientDefaults,
    ...withoutUndefined(options),
    tls: resolveTls(options.tls),
  } as ResolvedClientOptions
  const { basic, tracks, userAgent, signal, username, password } = resolved
  if (username !== undefined) checkText('username', username)
  if (password !== undefined && typeof password !== 'string') {
    throw new TypeError(`password must be a string, got ${kindOf(password)}`)
  }
  checkOneOf('basic', basic, basicPolicies)
  checkOneOf('credentialsFor', resolved.credentialsFor, credentialsPolicies)
  checkInteger('maxRedirects', resolved.maxRedirects, 0, maxRedirects)
  if (tracks !== undefined) checkFunction('tracks', tracks)
  checkBoolean('backChannel', resolved.backChannel)
  checkTransports(resolved)
  checkText('userAgent', userAgent)
  if (resolved.headers !== undefined) checkFunction('headers', resolved.headers)
  checkTimeout('connectTimeout', resolved.connectTimeout)
  checkTimeout('responseTimeout', resolved.responseTimeout)
  checkSeconds('keepAliveSeconds', resolved.keepAliveSeconds)
  checkSeconds('reportSeconds', resolved.reportSeconds)
  checkClock(resolved.clock)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
  return Object.freeze(resolved)
}

function checkTransports({
  transports,
  udpPorts,
  multicastInterface,
  udpSilenceSeconds,
}: ResolvedClientOptions): void {
  if (!Array.isArray(transports) || transports.length === 0) {
    const known = knownTransports.join(', ')
    throw new TypeError(`transports must be a list of ${known}, got ${shown(transports)}`)
  }
  for (const transport of transports) checkOneOf('transports', transport, knownTransports)
  if (new Set(transports).size < transports.length) {
    throw new TypeError('transports must name each transport once')
  }
  if (multicastInterface !== undefined) checkText('multicastInterface', multicastInterface)
  checkPair('udpPorts', udpPorts)
  const [first, last] = udpPorts
  checkInteger('udpPorts', first, 1, maxPort)
  checkInteger('udpPorts', last, first + 1, maxPort)
  checkSeconds('udpSilenceSeconds', udpSilenceSeconds)
}

function checkOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return
  throw new TypeError(`${name} must be one of ${known.join(', ')}, got ${shown(value)}`)
}

function checkTimeout(name: string, value: unknown): void {
  if (checkSeconds(name, value, maxTimeoutSeconds) > 0) return
  throw new RangeError(`${name} must be more than 0, got 0`)
}

function resolveTls(options: RtspClientTlsOptions = {}): RtspClientTlsOptions {
  checkOptions('tls', options, tlsNames)
  const { fingerprint, allowsLegacy } = options
  if (fingerprint !== undefined && !/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(String(fingerprint))) {
    throw new TypeError('tls.fingerprint must be a SHA-256 fingerprint of 64 hexadecimal digits')
  }
  if (allowsLegacy !== undefined) checkBoolean('tls.allowsLegacy', allowsLegacy)
  return options
}
