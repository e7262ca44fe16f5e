/** Whom a session belongs to. Without an owner, whoever knows the id may use the session. */
export interface SessionOwner {
  /** Remote address, in one form for each host: compared character by character. */
  readonly address: string
  /** Name of the authenticated user; `undefined` is an owner of its own: nobody in particular. */
  readonly user?: string | undefined
  /**
   * Identity of the connection while the session sends or receives media inside it. Compared by
   * identity; `undefined` while the session is not bound to a connection.
   */
  readonly connection?: object | undefined
}

/**
 * What a claimant must have in common with the owner of a session to be given it:
 *
 * - `'owner'`: address and user, and the connection while the session is bound to one;
 * - `'address'`: the address;
 * - `'none'`: nothing; the id alone is a right, as in gst-rtsp-server.
 */
export type SessionBinding = 'owner' | 'address' | 'none'

export const sessionBindings = Object.freeze([
  'owner',
  'address',
  'none',
] as const satisfies readonly SessionBinding[])

/** Whether `claimant` may use a session of `owner`. */
export function isClaimAccepted(
  owner: SessionOwner | undefined,
  claimant: SessionOwner,
  binding: SessionBinding,
): boolean {
  if (owner === undefined || binding === 'none') return true
  if (owner.address !== claimant.address) return false
  if (binding === 'address') return true
  if (owner.user !== claimant.user) return false
  return owner.connection === undefined || owner.connection === claimant.connection
}
