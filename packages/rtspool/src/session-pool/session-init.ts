import type { Clock } from '../clock.js'
import {
  checkBoolean,
  checkClock,
  checkInteger,
  checkMethods,
  checkOptions,
  checkSeconds,
  isRecord,
  shapeOf,
  shown,
} from '../option-checks.js'
import type { SessionData } from './session-data.js'
import { checkGroups, type SessionGroups } from './session-groups.js'
import { checkOwner, type SessionOwner } from './session-owner.js'

/**
 * Default timeout in seconds, which a client assumes if the server announces none (RFC 2326 12.37).
 */
export const defaultTimeout = 60
/**
 * Default grace period in seconds after the announced timeout.
 * @see gst-rtsp-server: extra-timeout
 */
export const defaultExtraTimeout = 5
/** Longest timeout, in seconds: 68 years. */
export const maxTimeout = 2 ** 31
export const msPerSecond = 1000

/**
 * Session that is removed when another one is created: its public id, and a method that ends it.
 */
export interface ReplacedSession {
  readonly publicId: string
  end(): void
}

/** Initial properties of a session, whose data have the type `Data`; all optional. */
export interface SessionInit<Data extends object = SessionData> {
  /**
   * Owner of the session. @defaultValue no owner: every client that knows the id may use the
   * session
   */
  readonly owner?: SessionOwner | undefined
  /**
   * Seconds without a sign of life (a request, RTCP or media from the client) after which the
   * session expires; 0 = never. Values below 10 break some clients: go2rtc 1.9.9 needs more than 5,
   * and ffmpeg 5.1 sends a request with each packet at 1.
   * @defaultValue 60
   */
  readonly timeout?: number | undefined
  /** Additional seconds after `timeout` before the session expires, not announced to the client. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /**
   * Includes a timeout of 60, which is the default of the RFC, in {@link Session.header}.
   * @defaultValue false
   */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** Maximum lifetime of the session in seconds, from its creation; 0 = unlimited. @defaultValue 0 */
  readonly maxLifetime?: number | undefined
  /**
   * Seconds within which the session must play or record for the first time; 0 = unlimited.
   * @defaultValue 0
   */
  readonly maxIdleSetup?: number | undefined
  /**
   * Maximum number of sessions of this address, including this one; 0 = unlimited. Replaces the
   * limit of the pool. The pool checks the limit in the same turn in which it creates the session.
   * So a value from `onAdmit` holds for any number of simultaneous requests.
   * @defaultValue the limit of the pool
   */
  readonly maxSessionsPerAddress?: number | undefined
  /**
   * Maximum number of sessions of this user, like {@link maxSessionsPerAddress}.
   * @defaultValue the limit of the pool
   */
  readonly maxSessionsPerUser?: number | undefined
  /**
   * Maximum number of sessions of this path, like {@link maxSessionsPerAddress}.
   * @defaultValue the limit of the pool
   */
  readonly maxSessionsPerPath?: number | undefined
  /**
   * Time in seconds since 1970 at which the authorization and the session end, as in the `exp` of a
   * JWT.
   * @defaultValue never
   */
  readonly expiresAt?: number | undefined
  /**
   * Path of the presentation for which the session is created. Limits count the session for this
   * path even before its SETUP.
   */
  readonly path?: string | undefined
  /**
   * Named groups that the session belongs to, each with one value: at most 8. Sessions can be
   * limited, counted, listed and kicked by them.
   * @defaultValue none
   */
  readonly groups?: SessionGroups | undefined
  /**
   * Session of the same client that is removed, with reason `replaced`, when this one is created.
   * The limits count it as already removed.
   */
  readonly replaces?: ReplacedSession | undefined
  /** Initial members of {@link Session.data}. @defaultValue empty */
  readonly data?: Partial<Data> | undefined
  /** Clock of a session that never enters a pool. @defaultValue the clock of the machine */
  readonly clock?: Clock | undefined
}

/**
 * Traffic counters of a session. They are plain numbers, so that sending a packet needs no function
 * call to count it.
 */
export interface SessionStats {
  bytesIn: number
  packetsIn: number
  bytesOut: number
  packetsOut: number
  /** Packets that the client reported lost, or that were missing in the client's own stream. */
  packetsLost: number
  /**
   * Packets that were not sent: the client was too slow, the packet exceeded a datagram, or the
   * system refused it.
   */
  packetsDropped: number
}

/**
 * Transport of the media of a session; all of its tracks use the same. `websocket-fmp4`: a browser
 * is sent fragments of MP4 over a WebSocket, and no RTP.
 */
export type SessionTransport = 'TCP' | 'UDP' | 'multicast' | 'websocket-fmp4'

/** Kind of tunnel in which a connection runs. */
export type SessionTunnel = 'http' | 'webSocket'

/** Use that a client makes of its session, as its last SETUP has shown it. */
export interface SessionUse {
  /** Action of the client: `read` plays the path of the session, `publish` records to it. */
  readonly action: 'read' | 'publish'
  readonly transport: SessionTransport
  /** `true` if the connection of the SETUP uses TLS. */
  readonly isSecure: boolean
  /** Tunnel in which the connection of the SETUP runs; `undefined` = none. */
  readonly tunnel: SessionTunnel | undefined
  /** `User-Agent` of the client, at most 256 characters. */
  readonly userAgent: string | undefined
  /** Public id of the connection of the SETUP. */
  readonly connectionId: string
}

/**
 * Checks a timeout in seconds, and returns it.
 *
 * @throws {RangeError} unless `seconds` is a whole number from 0 to {@link maxTimeout}.
 */
export function checkTimeout(name: string, seconds: unknown): number {
  return checkInteger(name, seconds, 0, maxTimeout)
}

/**
 * Checks a duration in seconds, and returns it.
 *
 * @throws {RangeError} unless `seconds` is a number from 0 to {@link maxTimeout}.
 */
export function checkDuration(name: string, seconds: unknown): number {
  return checkSeconds(name, seconds, maxTimeout)
}

/**
 * Latest accepted time in seconds since 1970: the year 5138. In milliseconds, the same number is
 * the year 1973.
 */
const latestSeconds = 1e11

/**
 * Checks a time in seconds since 1970.
 *
 * @throws {RangeError} when `seconds` is no number, or so large that it must be milliseconds.
 */
export function checkUnixSeconds(name: string, seconds: unknown): void {
  if (Number.isFinite(seconds) && (seconds as number) <= latestSeconds) return
  const hint = Number(seconds) > latestSeconds ? ': are these milliseconds?' : ''
  throw new RangeError(
    `${name} must be a number of seconds since 1970, up to 1e11, got ${shown(seconds)}${hint}`,
  )
}

const maxUnsigned = 2 ** 32 - 1

/**
 * Checks a limit on a number of sessions, and returns it.
 *
 * @throws {RangeError} unless `limit` is a whole number from 0 to 4294967295.
 */
export function checkCount(name: string, limit: unknown): number {
  return checkInteger(name, limit, 0, maxUnsigned)
}

/** Checks of the members of a {@link SessionInit}. Each throws if its value is invalid. */
const initChecks: { readonly [K in keyof Required<SessionInit>]: (value: unknown) => void } = {
  owner: checkOwner,
  timeout: (value) => checkTimeout('timeout', value),
  extraTimeout: (value) => checkTimeout('extraTimeout', value),
  timeoutAlwaysVisible: (value) => checkBoolean('timeoutAlwaysVisible', value),
  maxLifetime: (value) => checkDuration('maxLifetime', value),
  maxIdleSetup: (value) => checkDuration('maxIdleSetup', value),
  maxSessionsPerAddress: (value) => checkCount('maxSessionsPerAddress', value),
  maxSessionsPerUser: (value) => checkCount('maxSessionsPerUser', value),
  maxSessionsPerPath: (value) => checkCount('maxSessionsPerPath', value),
  expiresAt: (value) => checkUnixSeconds('expiresAt', value),
  path: checkPath,
  groups: checkGroups,
  replaces: (value) => checkMethods('replaces', value, ['end']),
  data: checkData,
  clock: checkClock,
}
const initNames = Object.keys(initChecks)

/**
 * Checks the initial properties of a session. A member that is absent or `undefined` is valid.
 *
 * @throws {RangeError | TypeError} names the member that is invalid or unknown.
 */
export function checkSessionInit(init: SessionInit): void {
  if (!isRecord(init)) checkOptions('a session', init, initNames)
  for (const name in init) {
    const value: unknown = init[name as keyof SessionInit]
    if (value === undefined) continue
    const check = Object.hasOwn(initChecks, name) && initChecks[name as keyof SessionInit]
    if (check) check(value)
    else checkOptions('a session', init, initNames)
  }
}

function checkPath(path: unknown): void {
  if (typeof path === 'string' && path.startsWith('/')) return
  throw new TypeError(`path must be a string that begins with /, got ${shapeOf(path)}`)
}

function checkData(data: unknown): void {
  if (typeof data === 'object' && data !== null) return
  throw new TypeError(`data must be an object, got ${shapeOf(data)}`)
}

/** Returns whether the initial properties contain limits, which replace those of the pool. */
export function hasLimits({
  maxSessionsPerAddress,
  maxSessionsPerUser,
  maxSessionsPerPath,
}: SessionInit): boolean {
  return (
    maxSessionsPerAddress !== undefined ||
    maxSessionsPerUser !== undefined ||
    maxSessionsPerPath !== undefined
  )
}

/** Returns the members of a session's initial properties that are limits. */
export function limitsOf({
  maxSessionsPerAddress,
  maxSessionsPerUser,
  maxSessionsPerPath,
}: SessionInit): Pick<
  SessionInit,
  'maxSessionsPerAddress' | 'maxSessionsPerUser' | 'maxSessionsPerPath'
> {
  return { maxSessionsPerAddress, maxSessionsPerUser, maxSessionsPerPath }
}
