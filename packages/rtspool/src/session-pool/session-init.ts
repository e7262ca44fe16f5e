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
import { checkOwner, type SessionOwner } from './session-owner.js'
import type { RemovalReason, SessionState } from './session-state.js'

/** Seconds after which a client assumes its session gone when it is told nothing (RFC 2326 12.37). */
export const defaultTimeout = 60
/** Seconds of grace after the timeout that clients are told. @see gst-rtsp-server: extra-timeout */
export const defaultExtraTimeout = 5
/** The longest timeout, in seconds: 68 years. */
export const maxTimeout = 2 ** 31
export const msPerSecond = 1000

/** A session, as far as one is told that another takes its place. */
export interface ReplacedSession {
  readonly publicId: string
  end(): void
}

/** How a session begins. Every field may be left out. */
export interface SessionInit {
  /** Whom it belongs to. @defaultValue nobody: the id alone is a right */
  readonly owner?: SessionOwner | undefined
  /**
   * Seconds without a sign of life after which it may end; 0 = never. Values below 10 hurt some clients: go2rtc 1.9.9
   * needs more than 5, and ffmpeg 5.1 sends a request with each packet at 1. @defaultValue 60
   */
  readonly timeout?: number | undefined
  /** Seconds of grace on top, which are not announced. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /** Whether {@link Session.header} says a timeout of 60 as well. @defaultValue false */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** Seconds that it may last in all; 0 = unlimited. @defaultValue 0 */
  readonly maxLifetime?: number | undefined
  /** Seconds within which it must play or record for the first time; 0 = unlimited. @defaultValue 0 */
  readonly maxIdleSetup?: number | undefined
  /**
   * Most sessions of its address, this one among them: one more is not made. Instead of the limit of the pool, and looked
   * at when the session is made, in the same turn: what `onAdmit` answers here holds however many are asked for at a
   * time. 0 = unlimited. @defaultValue the limit of the pool
   */
  readonly maxSessionsPerAddress?: number | undefined
  /** The same for the sessions of its user. @defaultValue the limit of the pool */
  readonly maxSessionsPerUser?: number | undefined
  /** The same for the sessions of its path. @defaultValue the limit of the pool */
  readonly maxSessionsPerPath?: number | undefined
  /** When its authorization ends: seconds since 1970, as in the `exp` of a JWT. @defaultValue never */
  readonly expiresAt?: number | undefined
  /** Path of the presentation that it is made for; counted from the beginning. */
  readonly path?: string | undefined
  /**
   * A session of the same client that leaves, with reason `replaced`, when this one is made; the limits count it as if
   * it had left already.
   */
  readonly replaces?: ReplacedSession | undefined
  readonly data?: Partial<SessionData> | undefined
  /** For a session that never enters a pool. @defaultValue the clock of the machine */
  readonly clock?: Clock | undefined
}

/** Traffic of a session, counted by whoever moves it. Plain numbers: no call on the media path. */
export interface SessionStats {
  bytesIn: number
  packetsIn: number
  bytesOut: number
  packetsOut: number
  /** Packets that the client says it missed, or that were missing from what it sent. */
  packetsLost: number
  /**
   * Packets that were not sent: the client was too slow, they were too large for a datagram, or the system did not take
   * them.
   */
  packetsDropped: number
}

/** A session as it may be shown: what {@link Session.toJSON} answers. */
export interface SessionSummary {
  readonly publicId: string
  readonly state: SessionState
  readonly paths: readonly string[]
  readonly owner: Pick<SessionOwner, 'address' | 'user'> | undefined
  readonly createdTime: Date
  readonly lastAccessTime: Date
  /** Seconds. */
  readonly timeout: number
  /** Seconds since 1970. */
  readonly expiresAt: number | undefined
  readonly removalReason: RemovalReason | undefined
  readonly stats: SessionStats
}

/** @throws {RangeError} when it is not a whole number of seconds that a timeout may have. */
export function checkTimeout(name: string, seconds: unknown): number {
  return checkInteger(name, seconds, 0, maxTimeout)
}

/** @throws {RangeError} when it is not a number of seconds that a limit may have. */
export function checkDuration(name: string, seconds: unknown): number {
  return checkSeconds(name, seconds, maxTimeout)
}

/** In the year 5138; in milliseconds, 1e11 was in 1973. */
const latestSeconds = 1e11

/** @throws {RangeError} when it is no number, or one that can only be milliseconds. */
export function checkUnixSeconds(name: string, seconds: unknown): void {
  if (Number.isFinite(seconds) && (seconds as number) <= latestSeconds) return
  const hint = Number(seconds) > latestSeconds ? ': are these milliseconds?' : ''
  throw new RangeError(
    `${name} must be a number of seconds since 1970, up to 1e11, got ${shown(seconds)}${hint}`,
  )
}

const maxUnsigned = 2 ** 32 - 1

/** @throws {RangeError} when it is no number of sessions that a limit may have. */
export function checkCount(name: string, limit: unknown): number {
  return checkInteger(name, limit, 0, maxUnsigned)
}

/** What each member of a {@link SessionInit} must be. */
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
  replaces: (value) => checkMethods('replaces', value, ['end']),
  data: checkData,
  clock: checkClock,
}
const initNames = Object.keys(initChecks)

/**
 * Makes sure that a session can begin so. Costs one look at each member that is there.
 *
 * @throws {RangeError | TypeError} Names the member that makes no sense or does not exist.
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

/** Whether a session begins with limits of its own. */
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

/** Those limits, and nothing else. */
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
