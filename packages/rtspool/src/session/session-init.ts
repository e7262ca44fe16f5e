import type { Clock } from '../clock.js'
import { checkInteger, checkSeconds } from '../option-checks.js'
import type { SessionOwner } from './session-owner.js'

/** Seconds after which a client assumes its session gone when it is told nothing (RFC 2326 12.37). */
export const defaultTimeout = 60
/** Seconds of grace after the timeout that clients are told. @see gst-rtsp-server: extra-timeout */
export const defaultExtraTimeout = 5
/** The longest timeout, in seconds: 68 years. */
export const maxTimeout = 2 ** 31
export const msPerSecond = 1000

/**
 * What an application keeps with a session. Empty here; declare your own members:
 *
 * ```ts
 * declare module 'rtspool/session-pool' {
 *   interface SessionData { camera: string }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications merge their declarations into it
export interface SessionData {}

/** How a session begins. Every field may be left out. */
export interface SessionInit {
  /** Whom it belongs to. @defaultValue nobody: the id alone is a right */
  readonly owner?: SessionOwner | undefined
  /** Seconds without a sign of life after which it may end; 0 = never. @defaultValue 60 */
  readonly timeout?: number | undefined
  /** Seconds of grace on top, which are not announced. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /** Whether {@link Session.header} says a timeout of 60 as well. @defaultValue false */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** Seconds that it may last in all; 0 = unlimited. @defaultValue 0 */
  readonly maxLifetime?: number | undefined
  /** Seconds within which it must play or record for the first time; 0 = unlimited. @defaultValue 0 */
  readonly maxIdleSetup?: number | undefined
  /** When its authorization ends: seconds since 1970, as in the `exp` of a JWT. @defaultValue never */
  readonly expiresAt?: number | undefined
  /** Path of the presentation that it is made for; counted from the beginning. */
  readonly path?: string | undefined
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

/** @throws {RangeError} when it is not a whole number of seconds that a timeout may have. */
export function checkTimeout(name: string, seconds: unknown): number {
  return checkInteger(name, seconds, 0, maxTimeout)
}

/** @throws {RangeError} when it is not a number of seconds that a limit may have. */
export function checkDuration(name: string, seconds: unknown): number {
  return checkSeconds(name, seconds, maxTimeout)
}
