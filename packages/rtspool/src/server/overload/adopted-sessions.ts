import type { Session, SessionPool } from '../../session-pool/index.js'

/**
 * Sessions that the application serves without the server's RTSP connections, until they leave the
 * pool.
 */
export class AdoptedSessions {
  readonly #pool: SessionPool
  readonly #onLeft: () => void
  /** Functions to call when an adopted session has left the pool, by session. */
  readonly #adopted = new Map<Session, () => void>()

  /**
   * Creates an empty set of sessions that the application serves by itself.
   *
   * @param onLeft - Called after a session has left the pool.
   */
  constructor(pool: SessionPool, onLeft: () => void) {
    this.#pool = pool
    this.#onLeft = onLeft
  }

  get size(): number {
    return this.#adopted.size
  }

  get all(): Iterable<Session> {
    return this.#adopted.keys()
  }

  /** Adds a session that the application serves by itself. @param left - Called when the session has left its pool */
  add(session: Session, left: () => void): void {
    if (this.#adopted.size === 0) this.#pool.on('sessionRemoved', this.#onRemoved)
    this.#adopted.set(session, left)
  }

  /** Ends all adopted sessions. */
  close(): void {
    for (const session of [...this.#adopted.keys()]) session.end('poolClosed')
  }

  readonly #onRemoved = (session: Session): void => {
    const left = this.#adopted.get(session)
    if (!left) return
    this.#adopted.delete(session)
    if (this.#adopted.size === 0) this.#pool.off('sessionRemoved', this.#onRemoved)
    left()
    this.#onLeft()
  }
}
