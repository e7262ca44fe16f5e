import { RequestError } from '../errors.js'
import type { RemovalReason, Session, SessionInit, SessionPool } from '../session/index.js'
import type { OnConnectionClosed } from './options.js'
import type { ConnectionContext, SessionHousing } from './request-context.js'
import { isPublication, presentationOf } from './session-presentation.js'

/**
 * The sessions that one server has carried, of a pool that it may share with others, and the connection that
 * each lives with: the last that used it.
 */
export class SessionHomes implements SessionHousing {
  readonly #pool: SessionPool
  readonly #onConnectionClosed: OnConnectionClosed
  readonly #homes = new Map<Session, ConnectionContext | undefined>()
  #isStopped = false

  constructor(pool: SessionPool, onConnectionClosed: OnConnectionClosed) {
    this.#pool = pool
    this.#onConnectionClosed = onConnectionClosed
  }

  /** Follows the pool until {@link stop}. */
  start(): void {
    this.#pool.on('sessionRemoved', this.#onSessionRemoved)
  }

  /** Ends all sessions of the server, which makes none any more. */
  stop(): void {
    this.#isStopped = true
    for (const session of this.#homes.keys()) session.end('poolClosed')
    this.#pool.off('sessionRemoved', this.#onSessionRemoved)
  }

  create(init: SessionInit, connection: ConnectionContext): Session {
    // The request has waited for its admission meanwhile.
    if (this.#isStopped) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
    const session = this.#pool.create(init)
    this.use(session, connection)
    return session
  }

  use(session: Session, connection: ConnectionContext): void {
    // A listener of the pool may have ended it already.
    if (session.removalReason !== undefined) return
    const home = this.#homes.get(session)
    if (home === connection || session.owner?.connection) return
    home?.sessionLeft(session)
    this.#homes.set(session, connection)
    connection.sessions.add(session)
  }

  /** Whether the connection that a session lives with is open. */
  isConnected(session: Session): boolean {
    return this.#homes.get(session) !== undefined
  }

  /** Sessions that were bound to the connection end, or stay by policy; others outlive it. */
  connectionClosed(connection: ConnectionContext): void {
    for (const session of connection.sessions) {
      this.#homes.set(session, undefined)
      if (session.owner?.connection !== connection) continue
      if (this.#onConnectionClosed === 'keep') keep(session)
      else session.end('connectionClosed')
    }
    connection.sessions.clear()
  }

  readonly #onSessionRemoved = (session: Session, reason: RemovalReason): void => {
    const home = this.#homes.get(session)
    this.#homes.delete(session)
    home?.sessionRemoved(session, reason, session.owner?.connection === home)
  }
}

/** The session stays with nothing in it: it can be set up again on another connection of its owner. */
function keep(session: Session): void {
  const held = presentationOf(session)
  // What nobody sends any more cannot be recorded again.
  if (!held || isPublication(held.media)) {
    session.end('connectionClosed')
    return
  }
  session.releaseMedia(held)
  session.bindConnection(undefined)
  session.state = 'Init'
}
