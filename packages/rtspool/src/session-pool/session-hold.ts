import { internals, type Session } from './session.js'

/**
 * Keeps a session from timing out while a connection is open. The server's alone: `allowExpire` of the application does
 * not take it back, and a session that is held falls silent as any other, where the pool evicts.
 *
 * @internal
 */
export function holdSession(session: Session): void {
  internals.hold(session)
}

/** Takes one {@link holdSession} back. @internal */
export function releaseSession(session: Session): void {
  internals.unhold(session)
}
