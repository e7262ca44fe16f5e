import { isSameHost } from '../host-of.js'
import { checkOptions, isRecord, shapeOf } from '../option-checks.js'

/** Owner of a session. Without an owner, anyone who knows the id may use the session. */
export interface SessionOwner {
  /**
   * Remote address, in one form for each host. IPv4 addresses are compared character by character.
   * IPv6 addresses are compared by their /64 network, in which a client may change its address (RFC
   * 8981).
   */
  readonly address: string
  /**
   * Name of the authenticated user; `undefined` is the anonymous user, who can own sessions too.
   */
  readonly user?: string | undefined
  /**
   * Connection that carries the media of the session, compared by identity. `undefined` while the
   * session can be used on any connection.
   */
  readonly connection?: object | undefined
}

/**
 * Properties that a client must share with the owner of a session in order to use the session:
 *
 * - `'owner'`: address and user, and the connection while the session is bound to one;
 * - `'address'`: the address;
 * - `'none'`: nothing; the id alone grants control, as in gst-rtsp-server.
 */
export type SessionBinding = 'owner' | 'address' | 'none'

export const sessionBindings = Object.freeze([
  'owner',
  'address',
  'none',
] as const satisfies readonly SessionBinding[])

const ownerNames: readonly (keyof SessionOwner)[] = ['address', 'user', 'connection']

/**
 * Checks the owner of a session.
 *
 * @throws {TypeError} when `owner` is no owner object, such as a plain string.
 */
export function checkOwner(owner: unknown): void {
  if (!isRecord(owner)) {
    throw new TypeError(`owner must be an object such as { address, user }, got ${shapeOf(owner)}`)
  }
  checkOptions('owner', owner, ownerNames)
  const { address, user, connection } = owner
  if (typeof address !== 'string' || address === '') {
    throw new TypeError(`owner.address must be a string, got ${shapeOf(address)}`)
  }
  if (user !== undefined && typeof user !== 'string') {
    throw new TypeError(`owner.user must be a string, got ${shapeOf(user)}`)
  }
  if (connection === undefined || (typeof connection === 'object' && connection !== null)) return
  throw new TypeError(`owner.connection must be an object, got ${shapeOf(connection)}`)
}

/** Returns whether a client, the `claimant`, may use a session of `owner`. */
export function isClaimAccepted(
  owner: SessionOwner | undefined,
  claimant: SessionOwner,
  binding: SessionBinding,
): boolean {
  if (owner === undefined || binding === 'none') return true
  if (!isSameHost(owner.address, claimant.address)) return false
  if (binding === 'address') return true
  if (owner.user !== claimant.user) return false
  return owner.connection === undefined || owner.connection === claimant.connection
}
