import { SessionPoolError } from '../../errors.js'
import { internals, Session } from '../session.js'
import type { SessionInit } from '../session-init.js'
import { notAnswered } from './pool-admission.js'
import type { SessionLimits } from './session-limits.js'

/** Maximum number of ids created for one session while each is in use already. @see gst_rtsp_session_pool_create() */
const maxIdDraws = 100

/** Initial properties for a session that has no properties of its own. */
export const noInit: SessionInit<never> = Object.freeze({})

/** Options of a pool that apply to each new session. */
type NewSessionOptions = Readonly<
  Required<Pick<SessionInit, 'timeout' | 'extraTimeout' | 'timeoutAlwaysVisible'>>
>

/** Functions of the pool for which {@link NewSessions} creates sessions. */
export interface NewSessionsPool<Data extends object> {
  /** Returns whether a session of the pool has the id. */
  isTaken(id: string): boolean
  /**
   * Returns the number of sessions that have been added to the pool so far. It shows whether `createSession` has
   * added one.
   */
  added(): number
  createId(): string
  createSession(id: string, init: SessionInit<Data>): Session<Data>
  /**
   * Checks that the pool can be used.
   *
   * @throws {SessionPoolError} The pool is locked or closed.
   */
  assertUsable(): void
}

/**
 * Creates sessions with unused ids and the properties of their pool. The caller adds them to the
 * pool.
 */
export class NewSessions<Data extends object> {
  readonly #options: NewSessionOptions
  readonly #pool: NewSessionsPool<Data>
  #limits: SessionLimits
  /** Initial properties of each session that is created without properties of its own. */
  #defaultInit: SessionInit<Data>

  constructor(options: NewSessionOptions, limits: SessionLimits, pool: NewSessionsPool<Data>) {
    this.#options = options
    this.#pool = pool
    this.#limits = limits
    this.#defaultInit = Object.freeze(this.#withDefaults(noInit))
  }

  /** Sets the limits of the pool on the durations of new sessions. */
  set limits(limits: SessionLimits) {
    this.#limits = limits
    this.#defaultInit = Object.freeze(this.#withDefaults(noInit))
  }

  /**
   * Creates a session.
   *
   * @param init - Properties that differ from those of the pool; {@link noInit} without any.
   * @throws {SessionPoolError} `ERR_SESSION_ID_COLLISION` when 100 ids in a row were taken.
   * @throws {TypeError} A function of the application returned no id, or no new session.
   */
  create(init: SessionInit<Data>): Session<Data> {
    const full = init === noInit ? this.#defaultInit : this.#withDefaults(init)
    const pool = this.#pool
    const before = pool.added()
    for (let draws = 0; draws < maxIdDraws; draws++) {
      const id: unknown = pool.createId()
      if (typeof id !== 'string' || id === '')
        throw notAnswered('createSessionId', 'a string that is not empty', id)
      if (pool.isTaken(id)) continue
      const session = pool.createSession(id, full)
      assertNewSession(session, id)
      pool.assertUsable()
      // `createSession` belongs to the application and may have created another session.
      if (pool.added() === before || !pool.isTaken(id)) return session
    }
    throw collisionError()
  }

  #withDefaults(init: SessionInit<Data>): SessionInit<Data> {
    const options = this.#options
    return {
      owner: init.owner,
      timeout: init.timeout ?? options.timeout,
      extraTimeout: init.extraTimeout ?? options.extraTimeout,
      timeoutAlwaysVisible: init.timeoutAlwaysVisible ?? options.timeoutAlwaysVisible,
      maxLifetime: init.maxLifetime ?? this.#limits.maxLifetime,
      maxIdleSetup: init.maxIdleSetup ?? this.#limits.maxIdleSetup,
      expiresAt: init.expiresAt,
      path: init.path,
      groups: init.groups,
      data: init.data,
    }
  }
}

/** Creates the error for a session whose id is already in use. */
export function collisionError(): SessionPoolError {
  return new SessionPoolError('ERR_SESSION_ID_COLLISION', `${maxIdDraws} ids were taken`)
}

function assertNewSession(session: unknown, id: string): asserts session is Session {
  if (!(session instanceof Session)) throw notAnswered('createSession', 'a Session', session)
  if (session.id !== id)
    throw new TypeError('createSession must return a session with the given id')
  if (internals.isPooled(session)) {
    throw new TypeError('createSession must return a new session')
  }
}
