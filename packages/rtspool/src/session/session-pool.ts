import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.js'
import { SessionPoolError } from '../errors.js'
import { CreationOrder } from './creation-order.js'
import {
  Expiry,
  type SessionPoolWatch,
  type SessionPoolWatchFunction,
  type SessionPoolWatchOptions,
} from './expiry.js'
import { internals, Session, type SessionHost, type SessionInit } from './session.js'
import { isClaimAccepted, type SessionBinding, type SessionOwner } from './session-owner.js'
import {
  checkedLimit,
  type ResolvedSessionPoolOptions,
  resolveSessionPoolOptions,
  type SessionPoolOptions,
} from './session-pool-options.js'
import { assertFilterAnswer, type FilterAnswer, type RemovalReason } from './session-state.js'

/** How often `create` draws another id when one is taken. @see gst_rtsp_session_pool_create() */
const maxIdDraws = 100

/** Events of a {@link SessionPool}. */
export interface SessionPoolEvents {
  /** A session has been made, and can be found. */
  sessionCreated: [session: Session]
  /** A session has left, exactly once; everything that it held is released. */
  sessionRemoved: [session: Session, reason: RemovalReason]
}

/** Counters of a {@link SessionPool}. */
export interface SessionPoolStats {
  readonly size: number
  readonly created: number
  readonly removed: number
  /** Attempts to use a session of somebody else. */
  readonly foreignClaims: number
}

/**
 * The sessions of a server: who may be here, how many, how long, and why each one left.
 *
 * Every verb is synchronous. The pool is consistent and unlocked whenever a listener runs, so listeners
 * may call it. A listener that throws does not disturb it: the error comes up as an uncaught exception.
 *
 * @see gst-rtsp-server: GstRTSPSessionPool
 */
export class SessionPool extends EventEmitter<SessionPoolEvents> implements Disposable {
  readonly #options: ResolvedSessionPoolOptions
  readonly #clock: Clock
  readonly #sessions = new Map<string, Session>()
  readonly #publicIds = new Map<string, Session>()
  readonly #order = new CreationOrder<Session>(internals.serialOf)
  readonly #expiry: Expiry
  readonly #host: SessionHost
  #maxSessions: number
  #serial = 0
  #isLocked = false
  #isClosed = false
  #removed = 0
  #foreignClaims = 0

  constructor(options: SessionPoolOptions = {}) {
    super()
    this.#options = resolveSessionPoolOptions(options)
    this.#clock = this.#options.clock
    this.#maxSessions = this.#options.maxSessions
    this.#expiry = new Expiry(this.#clock, (session) => this.#removeDue(session))
    this.#host = {
      end: (session, reason) => this.remove(session, reason),
      dueChanged: (session) => this.#expiry.refile(session),
      stateChanged: () => {},
      publicIdMade: (session, publicId) => this.#publicIds.set(publicId, session),
      pathEntered: () => {},
      pathLeft: () => {},
    }
  }

  /** Sessions in the pool. @see gst_rtsp_session_pool_get_n_sessions() */
  get size(): number {
    return this.#sessions.size
  }

  /**
   * Most sessions at a time; 0 = unlimited. Lowering it below {@link size} removes nobody: only later
   * creates fail.
   *
   * @throws {RangeError} when set to anything but a whole number from 0 to 4294967295.
   * @see gst_rtsp_session_pool_set_max_sessions()
   */
  get maxSessions(): number {
    return this.#maxSessions
  }

  set maxSessions(max: number) {
    this.#assertUnlocked()
    this.#maxSessions = checkedLimit('maxSessions', max)
  }

  /** What a claimant must share with the owner of a session. */
  get sessionBinding(): SessionBinding {
    return this.#options.sessionBinding
  }

  /** Whether the pool has been closed. */
  get closed(): boolean {
    return this.#isClosed
  }

  /**
   * Makes a session with an id that nobody else has. When the pool is full, sessions that are due make
   * room first. A create that fails leaves no trace.
   *
   * @param init - What differs from the options of the pool.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL`, `ERR_SESSION_POOL_CLOSED`,
   *   `ERR_SESSION_POOL_LOCKED`; `ERR_SESSION_ID_COLLISION` when 100 ids in a row were taken.
   * @see gst_rtsp_session_pool_create()
   */
  create(init: SessionInit = noInit): Session {
    this.#assertUsable()
    this.#assertRoom()
    const before = this.#sessions.size
    const session = this.#draw(init)
    // The functions that make ids and sessions belong to the application and may have used the pool.
    this.#assertUsable()
    if (this.#sessions.size > before) this.#assertRoom()
    const serial = ++this.#serial
    const page = this.#order.append(serial, session)
    internals.enter(session, this.#host, serial, this.#expiry.add(session), page)
    this.#sessions.set(session.id, session)
    this.#tell('sessionCreated', session)
    return session
  }

  /**
   * Finds a live session and touches it, so that it does not expire while it is in use.
   *
   * Unknown, expired and foreign ids look the same on purpose: the server answers all three with 454.
   * A session that is due is removed, not revived. A foreign claim is counted and touches nothing.
   *
   * @param id - `session-id` as received, compared character by character.
   * @param claimant - Who asks; without one, the caller is trusted.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside {@link filter}.
   * @see RFC 2326 section 12.37; gst_rtsp_session_pool_find()
   */
  find(id: string, claimant?: SessionOwner): Session | undefined {
    if (this.#isLocked) throw lockedError()
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    if (claimant !== undefined && !this.#isClaimAccepted(session, claimant)) return undefined
    if (internals.touchUnlessDue(session, this.#clock.now())) return session
    this.#removeDue(session)
    return undefined
  }

  /**
   * Finds a session by the name that operators see. Does not touch it.
   *
   * @param publicId - As {@link Session.publicId} has answered it.
   */
  findByPublicId(publicId: string): Session | undefined {
    return this.#publicIds.get(publicId)
  }

  /**
   * Removes a session: this very object, not another one with its id.
   *
   * @returns Whether it was in this pool.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside {@link filter}.
   * @see gst_rtsp_session_pool_remove()
   */
  remove(session: Session, reason: RemovalReason = 'removed'): boolean {
    this.#assertUnlocked()
    return this.#removeIfHere(session, reason)
  }

  /**
   * Shows every session to `fn`, which says what becomes of it. Sessions answered `'remove'` end with
   * reason `filtered`, after `fn` has seen all.
   *
   * The pool is locked meanwhile: no verb may be called on it. When `fn` throws, what it has answered
   * until then still holds.
   *
   * @param fn - Synchronous; answers `'remove'`, `'keep'` or `'ref'`. @defaultValue `'ref'` for all
   * @returns The sessions answered `'ref'`.
   * @throws {TypeError} when `fn` answers anything else, a promise for instance.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside another filter.
   * @see gst_rtsp_session_pool_filter()
   */
  filter(fn?: (session: Session, pool: this) => FilterAnswer): Session[] {
    this.#assertUnlocked()
    if (fn === undefined) return [...this.#sessions.values()]
    const listed: Session[] = []
    const removed: Session[] = []
    this.#isLocked = true
    try {
      for (const session of this.#sessions.values()) {
        const answer: unknown = fn(session, this)
        if (answer === 'keep') continue
        assertFilterAnswer(answer)
        if (answer === 'ref') listed.push(session)
        else removed.push(session)
      }
    } finally {
      this.#isLocked = false
      for (const session of removed) this.#removeIfHere(session, 'filtered')
    }
    return listed
  }

  /**
   * Removes every session whose time is up. Costs in proportion to what it removes.
   *
   * @param now - Milliseconds of the pool's clock; another time than the clock's is for tests and
   *   simulators, and looks at every session.
   * @returns How many were removed.
   * @see gst_rtsp_session_pool_cleanup()
   */
  cleanup(now?: number): number {
    this.#assertUnlocked()
    if (now === undefined || now === this.#clock.now()) return this.#expiry.sweep()
    let removed = 0
    for (const session of this.#sessions.values()) {
      if (internals.dueAt(session) > now) continue
      this.#removeDue(session)
      removed++
    }
    return removed
  }

  /**
   * Calls `fn` whenever at least one session is due: at most 250 ms later, and never when none is. When
   * `fn` leaves due sessions in the pool, it is called again 250 ms later.
   *
   * @param fn - Usually calls {@link cleanup}; `false` ends the watch. Without it, the watch ends when
   *   the first session is due, as a GSource without callback does. Use {@link startCleanup} to have
   *   sessions removed.
   * @see gst_rtsp_session_pool_create_watch()
   */
  createWatch(
    fn?: SessionPoolWatchFunction<this>,
    options: SessionPoolWatchOptions = {},
  ): SessionPoolWatch {
    this.#assertUsable()
    return this.#expiry.watch(() => fn !== undefined && this.#callWatch(fn), options)
  }

  /**
   * Removes sessions by itself when they are due, at most 250 ms later. A crowd that is due at once is
   * removed in slices of 5 ms, one in each turn of the event loop.
   */
  startCleanup(options: SessionPoolWatchOptions = {}): SessionPoolWatch {
    this.#assertUsable()
    return this.#expiry.watch(undefined, options)
  }

  /**
   * Ends the pool: its watches close, every session leaves with reason `poolClosed`, and later creates
   * fail. Idempotent.
   */
  close(): void {
    this.#assertUnlocked()
    this.#isClosed = true
    this.#expiry.closeWatches()
    for (const session of this.#sessions.values()) this.#leave(session, 'poolClosed')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Whether there is a session with this id. Does not touch it. */
  has(id: string): boolean {
    return this.#sessions.has(id)
  }

  /** The session with this id, even if it is due. Does not touch it. */
  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Ids in order of creation. Sessions may come and go meanwhile, as with a `Map`. */
  keys(): MapIterator<string> {
    return this.#sessions.keys()
  }

  values(): MapIterator<Session> {
    return this.#sessions.values()
  }

  entries(): MapIterator<[string, Session]> {
    return this.#sessions.entries()
  }

  [Symbol.iterator](): MapIterator<[string, Session]> {
    return this.#sessions.entries()
  }

  forEach(fn: (session: Session, id: string, pool: this) => void, thisArg?: unknown): void {
    for (const [id, session] of this.#sessions) fn.call(thisArg, session, id, this)
  }

  stats(): SessionPoolStats {
    return {
      size: this.#sessions.size,
      created: this.#serial,
      removed: this.#removed,
      foreignClaims: this.#foreignClaims,
    }
  }

  /**
   * Makes an id. Subclasses may override it; they need not check whether the id is taken.
   *
   * @see GstRTSPSessionPoolClass.create_session_id
   */
  protected createSessionId(): string {
    return this.#options.createSessionId?.() ?? this.#options.idCodec.createId()
  }

  /**
   * Makes a session object. Subclasses may override it to answer their own kind of session.
   *
   * @param id - What {@link Session.id} must be.
   * @param init - To be given to the constructor of {@link Session}.
   * @see GstRTSPSessionPoolClass.create_session
   */
  protected createSession(id: string, init: SessionInit): Session {
    const { createSession } = this.#options
    return createSession === undefined ? new Session(id, init) : createSession(id, init)
  }

  /**
   * Called when a session has left, after all listeners. Does nothing; for subclasses.
   *
   * @see GstRTSPSessionPoolClass.session_removed
   */
  protected sessionRemoved(_session: Session, _reason: RemovalReason): void {}

  #assertUnlocked(): void {
    if (this.#isLocked) throw lockedError()
  }

  #assertUsable(): void {
    this.#assertUnlocked()
    if (this.#isClosed) {
      throw new SessionPoolError('ERR_SESSION_POOL_CLOSED', 'The session pool has been closed')
    }
  }

  #isFull(): boolean {
    return this.#maxSessions > 0 && this.#sessions.size >= this.#maxSessions
  }

  #assertRoom(): void {
    if (!this.#isFull()) return
    this.#expiry.sweep(() => !this.#isFull())
    if (!this.#isFull()) return
    throw new SessionPoolError('ERR_SESSION_POOL_FULL', 'The session pool is full', {
      context: { limit: 'maxSessions', max: this.#maxSessions },
    })
  }

  /** Makes a session whose id is free. */
  #draw(init: SessionInit): Session {
    const full = this.#withDefaults(init)
    for (let draws = 0; draws < maxIdDraws; draws++) {
      const id = this.createSessionId()
      if (typeof id !== 'string' || id === '') {
        throw new TypeError('createSessionId must answer a string that is not empty')
      }
      if (this.#sessions.has(id)) continue
      const session = this.createSession(id, full)
      assertNewSession(session, id)
      if (!this.#sessions.has(id)) return session
    }
    throw new SessionPoolError('ERR_SESSION_ID_COLLISION', `${maxIdDraws} ids were taken`)
  }

  #withDefaults(init: SessionInit): SessionInit {
    const options = this.#options
    return {
      owner: init.owner,
      timeout: init.timeout ?? options.timeout,
      extraTimeout: init.extraTimeout ?? options.extraTimeout,
      timeoutAlwaysVisible: init.timeoutAlwaysVisible ?? options.timeoutAlwaysVisible,
      maxLifetime: init.maxLifetime,
      maxIdleSetup: init.maxIdleSetup,
      expiresAt: init.expiresAt,
      path: init.path,
      data: init.data,
      clock: this.#clock,
    }
  }

  #isClaimAccepted(session: Session, claimant: SessionOwner): boolean {
    const { sessionBinding } = this.#options
    if (isClaimAccepted(session.owner, claimant, sessionBinding)) return true
    this.#foreignClaims++
    return false
  }

  #removeIfHere(session: Session, reason: RemovalReason): boolean {
    if (internals.hostOf(session) !== this.#host) return false
    this.#leave(session, reason)
    return true
  }

  #removeDue(session: Session): void {
    this.#leave(session, internals.dueReason(session))
  }

  /** The only way out: takes a session out of everything, releases what it holds, then tells. */
  #leave(session: Session, reason: RemovalReason): void {
    this.#sessions.delete(session.id)
    const publicId = internals.publicIdOf(session)
    if (publicId !== undefined) this.#publicIds.delete(publicId)
    this.#expiry.delete(internals.handleOf(session))
    this.#order.deleteFrom(internals.pageOf(session), session)
    internals.leave(session, reason)
    this.#removed++
    for (const error of internals.release(session)) throwLater(error)
    this.#tell('sessionRemoved', session, reason)
    try {
      this.sessionRemoved(session, reason)
    } catch (error) {
      throwLater(error)
    }
  }

  #tell(event: 'sessionCreated', session: Session): void
  #tell(event: 'sessionRemoved', session: Session, reason: RemovalReason): void
  #tell(event: keyof SessionPoolEvents, session: Session, reason?: RemovalReason): void {
    if (this.listenerCount(event) === 0) return
    try {
      if (event === 'sessionCreated') this.emit(event, session)
      else this.emit(event, session, reason as RemovalReason)
    } catch (error) {
      throwLater(error)
    }
  }

  #callWatch(fn: SessionPoolWatchFunction<this>): boolean {
    try {
      return fn(this) !== false
    } catch (error) {
      throwLater(error)
      return true
    }
  }
}

const noInit: SessionInit = Object.freeze({})

function lockedError(): SessionPoolError {
  return new SessionPoolError(
    'ERR_SESSION_POOL_LOCKED',
    'The pool must not be used by the function that its filter calls',
  )
}

function assertNewSession(session: unknown, id: string): asserts session is Session {
  if (!(session instanceof Session)) throw new TypeError('createSession must answer a Session')
  if (session.id !== id)
    throw new TypeError('createSession must answer a session with the id given')
  if (internals.isPooled(session)) {
    throw new TypeError('createSession must answer a new session')
  }
}

/** An error of a listener is not one of the verb that it hears about: it comes up on its own. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
