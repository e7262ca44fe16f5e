import { internals, type Session } from './session.js'

/**
 * Keeps a session from timing out while a connection is open. Only the server calls it.
 * `allowExpire` of the application does not undo it. If the pool evicts silent sessions, it may
 * still evict this one.
 *
 * @internal
 */
export function holdSession(session: Session): void {
  internals.hold(session)
}

/**
 * Notes that a response announces the timeout of the session to the client. A shorter timeout
 * applies only from then on. @internal
 */
export function noteTimeoutTold(session: Session): void {
  internals.noteTimeoutTold(session)
}

/**
 * Ends the effect of one call of {@link holdSession}: the session may time out again if no other connection keeps it.
 * @internal
 */
export function releaseSession(session: Session): void {
  internals.unhold(session)
}

/**
 * Returns the share of `maxIdleSetup` that has passed since a session was created: 1 = all of it; 0
 * = the session has no such limit, or has played or recorded.
 *
 * @internal
 */
export function setupProgress(session: Session): number {
  return internals.setupProgress(session)
}
