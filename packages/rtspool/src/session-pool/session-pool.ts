// Longer than usual: one class, whose verbs share private state that nothing else may change. Parts
// that can stand alone have their own files: admission, new sessions, expiry, registry, counters.

import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.js'
import { SessionPoolError } from '../errors.js'
import { callSafely, disown, tell, tellFailure } from '../listeners.js'
import { checkOptions, withoutUndefined } from '../option-checks.js'
import type { AdmitContext, SessionRefusal } from './admission/admission-control.js'
import { checkAdmitContext } from './admission/admit-answer.js'
import { collisionError, NewSessions, noInit } from './admission/new-sessions.js'
import { PoolAdmission } from './admission/pool-admission.js'
import { type LimitOptions, resolveLimits, type SessionLimits } from './admission/session-limits.js'
import type { Ban, BanHit, UnbanReason } from './bans/ban.js'
import { Bans } from './bans/bans.js'
import { Expiry } from './expiry.js'
import { Leavers } from './listing/leavers.js'
import {
  checkQuestion,
  type SessionListQuery,
  type SessionPage,
  type SessionQuestion,
} from './listing/session-query.js'
import { internals, Session, type SessionHost } from './session.js'
import type { SessionData } from './session-data.js'
import { checkCount, checkSessionInit, type SessionInit } from './session-init.js'
import {
  bannedOwners,
  checkKickAnswer,
  checkKickOptions,
  checkKickQuery,
  type SessionKickFilter,
  type SessionKickOptions,
} from './session-kick.js'
import { isClaimAccepted, type SessionBinding, type SessionOwner } from './session-owner.js'
import {
  checkSessionPoolOptions,
  type ResolvedSessionPoolOptions,
  resolveSessionPoolOptions,
  type SessionPoolOptions,
} from './session-pool-options.js'
import { PoolCounters, type SessionPoolStats } from './session-pool-stats.js'
import { SessionRegistry } from './session-registry.js'
import {
  assertFilterAnswer,
  checkRemovalReason,
  type FilterAnswer,
  type RemovalReason,
  type SessionState,
} from './session-state.js'
import { HandleRecords } from './structures/handle-records.js'
import { IdTable } from './structures/id-table.js'
import type {
  SessionPoolWatch,
  SessionPoolWatchFunction,
  SessionPoolWatchOptions,
} from './watch.js'

/** Events of a {@link SessionPool}. */
export interface SessionPoolEvents<Data extends object = SessionData> {
  /** Emitted when a session has been created and can be found. */
  sessionCreated: [session: Session<Data>]
  /** Emitted once per session, when it has left the pool and released everything that it held. */
  sessionRemoved: [session: Session<Data>, reason: RemovalReason]
  /**
   * Emitted when the state of a session has changed (RFC 2326 appendix A), for example to Playing.
   */
  sessionStateChanged: [session: Session<Data>, state: SessionState, previous: SessionState]
  /** Emitted when a client was refused; nothing has been created for it. */
  sessionRefused: [refusal: SessionRefusal]
  /** Emitted when a ban has been added, or has replaced one of the same subject. */
  banned: [ban: Ban]
  /** Emitted when a ban has refused a client: at once, then at most every 10 s for each ban. */
  banHit: [ban: Ban, hit: BanHit]
  /** Emitted when a ban has been removed or has expired. */
  unbanned: [ban: Ban, reason: UnbanReason]
}

/**
 * The sessions of a server. The pool decides which clients get one, limits their number and
 * lifetime, and records the reason for each removal.
 *
 * Every method except `admit` and `listInTurns` is synchronous. Listeners of events may call the
 * pool, because it is consistent and unlocked while they run. An error of a listener disturbs
 * neither the pool nor other listeners. It is published on the diagnostics channel
 * `rtspool:callback-failed`, or emitted as a process warning.
 *
 * `Data` is the type of `session.data` in this pool.
 *
 * ```ts
 * const pool = new SessionPool<{ camera: number }>()
 * pool.create({ data: { camera: 3 } }).data.camera // number | undefined
 * ```
 *
 * @see gst-rtsp-server: GstRTSPSessionPool
 */
export class SessionPool<Data extends object = SessionData>
  extends EventEmitter<SessionPoolEvents<Data>>
  implements Disposable
{
  readonly #options: ResolvedSessionPoolOptions<Data>
  readonly #clock: Clock
  readonly #records = new HandleRecords()
  readonly #sessions = new IdTable<Session<Data>>(this.#records)
  readonly #registry: SessionRegistry
  readonly #expiry: Expiry
  readonly #host: SessionHost
  readonly #counters = new PoolCounters()
  readonly #admission: PoolAdmission<Data>
  readonly #newSessions: NewSessions<Data>
  /** List of banned clients, which get no session. */
  readonly bans: Bans
  /**
   * Records of the sessions that were removed last; empty unless the option `maxLeavers` is set.
   */
  readonly leavers: Leavers
  #isLocked = false
  #isClosed = false

  /**
   * Creates an empty pool.
   *
   * @throws {RangeError | TypeError} when an option is invalid or unknown. Subclasses may pass
   * further options of their own.
   */
  constructor(options: SessionPoolOptions<NoInfer<Data>> = {}) {
    super()
    if (new.target === SessionPool) checkSessionPoolOptions(options)
    this.#options = resolveSessionPoolOptions(options)
    this.#clock = this.#options.clock
    this.bans = new Bans(this.#options.bans, this.#clock, {
      banned: (ban) => tell(this, 'banned', ban),
      banHit: (ban, hit) => tell(this, 'banHit', ban, hit),
      unbanned: (ban, reason) => tell(this, 'unbanned', ban, reason),
    })
    const tracksSilence = this.#options.fullPolicy === 'evictOldestIdle'
    this.#registry = new SessionRegistry(this.#sessions, this.#records, {
      tracksSilence,
      now: () => this.#clock.now(),
    })
    this.#expiry = new Expiry(this.#clock, this.#sessions, this.#records, (session) =>
      this.#removeDue(session),
    )
    this.#host = {
      isPool: true,
      clock: this.#clock,
      isStalled: (now) => this.#expiry.isStalled(now),
      end: (session, reason) => this.remove(session, reason),
      dueChanged: (session) => {
        this.#expiry.refile(session)
        this.#registry.noteDue(session)
      },
      stateChanged: (session, state, previous) =>
        tell(this, 'sessionStateChanged', session as Session<Data>, state, previous),
      publicIdMade: (session, publicId) => this.#registry.nameSession(session, publicId),
      pathEntered: (session, path) => this.#enterPath(session, path),
      pathLeft: (session, path) => this.#registry.leavePath(session, path),
    }
    this.leavers = new Leavers(this.#clock, this.#options.maxLeavers)
    this.#admission = new PoolAdmission(this.#options, {
      host: this.#host,
      registry: this.#registry,
      bans: this.bans,
      size: () => this.#sessions.size,
      sweep: (isEnough) => void this.#expiry.sweep(isEnough),
      evict: (session) => this.#leave(session, 'evicted'),
      refused: (refusal) => {
        this.#counters.noteRefusal(refusal.limit)
        tell(this, 'sessionRefused', refusal)
      },
    })
    this.#newSessions = new NewSessions(this.#options, this.limits, {
      isTaken: (id) => this.#sessions.get(id) !== undefined,
      added: () => this.#registry.added,
      createId: () => this.createSessionId(),
      createSession: (id, init) => this.createSession(id, init),
      assertUsable: () => this.#assertUsable(),
    })
  }

  /** Number of sessions in the pool. @see gst_rtsp_session_pool_get_n_sessions() */
  get size(): number {
    return this.#sessions.size
  }

  /**
   * Maximum number of sessions at a time; 0 = unlimited. A value below {@link size} removes no
   * session; {@link create} fails until enough sessions have ended.
   *
   * @throws {RangeError} when set to anything but a whole number from 0 to 4294967295.
   * @see gst_rtsp_session_pool_set_max_sessions()
   */
  get maxSessions(): number {
    return this.limits.maxSessions
  }

  set maxSessions(max: number) {
    this.#assertUnlocked()
    const maxSessions = checkCount('maxSessions', max)
    this.#admission.limits = Object.freeze({ ...this.limits, maxSessions })
  }

  /** The current limits; change them with {@link setLimits}. */
  get limits(): SessionLimits {
    return this.#admission.limits
  }

  /**
   * Changes limits. No session is removed: limits on numbers and durations apply to sessions
   * created from now on.
   *
   * @param limits - Limits to change; the others stay.
   * @throws {RangeError | TypeError} when a limit is invalid or unknown; then none has changed.
   */
  setLimits(limits: LimitOptions): void {
    this.#assertUnlocked()
    checkOptions('setLimits', limits, Object.keys(this.limits))
    this.#admission.limits = resolveLimits(limits, this.limits)
    this.#newSessions.limits = this.limits
  }

  /** Properties that a client must share with the owner of a session in order to use the session. */
  get sessionBinding(): SessionBinding {
    return this.#options.sessionBinding
  }

  /** `true` once the pool has been closed. */
  get closed(): boolean {
    return this.#isClosed
  }

  /**
   * Calls the hook `onAdmit` to decide whether a client gets a session. Call it after
   * authentication and before creating anything for the client, and pass its result to {@link
   * create}.
   *
   * @returns Properties for the new session: owner, path, end of authorization, groups and limits
   * as in `context`, plus those that the hook added.
   * @throws {SessionPoolError} `ERR_SESSION_NOT_ADMITTED` with the status that the hook chose
   * (403), or 503 when the hook failed or returned no {@link AdmitAnswer}; `ERR_SESSION_POOL_FULL`,
   * `ERR_SESSION_PATH_FULL`, `ERR_BANNED`, `ERR_SESSION_POOL_CLOSED`.
   * @throws {TypeError} when the context has an unknown member or an owner of the wrong type.
   */
  async admit(context: AdmitContext<Data>): Promise<SessionInit<Data>> {
    this.#assertUsable()
    checkAdmitContext(context)
    const init: SessionInit<Data> = {
      owner: context.owner,
      path: context.path,
      expiresAt: context.expiresAt,
      groups: context.groups,
      maxSessionsPerUser: context.maxSessionsPerUser,
      replaces: context.replaces,
    }
    this.#admission.assertNotBanned(init)
    this.#admission.assertRoom(init)
    return this.#admission.ask(context, init)
  }

  /**
   * Checks that no ban refuses a new client, before anything is created for it. Counts and emits a
   * refusal.
   *
   * @throws {SessionPoolError} `ERR_BANNED`
   * @internal
   */
  assertNotBanned(newcomer: Pick<SessionInit<Data>, 'owner' | 'path'>): void {
    this.#admission.assertNotBanned(newcomer)
  }

  /**
   * Creates a session with a unique id. When a limit is reached, the pool first removes sessions
   * that are due to expire, then, if the policy allows it, silent ones. After a failure, nothing
   * else has changed, except that the session to be replaced may have been removed.
   *
   * @param init - Properties that differ from the options of the pool.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL`, `ERR_SESSION_PATH_FULL`, `ERR_BANNED`,
   * `ERR_SESSION_POOL_CLOSED`, `ERR_SESSION_POOL_LOCKED`; `ERR_SESSION_ID_COLLISION` when 100 ids
   * in a row were taken.
   * @throws {RangeError | TypeError} when a member of `init` is invalid or unknown.
   * @see gst_rtsp_session_pool_create()
   */
  create(init: SessionInit<Data> = noInit): Session<Data> {
    this.#assertUsable()
    if (init !== noInit) checkSessionInit(init)
    const admission = this.#admission
    admission.assertNotBanned(init)
    admission.assertRoom(init)
    const before = this.#registry.added
    const session = this.#newSessions.create(init)
    if (init.replaces instanceof Session) this.#removeIfHere(init.replaces, 'replaced')
    if (!admission.isLocal) this.#acquire(session, init, before)
    // The functions that make ids and sessions belong to the application and may have used the
    // pool.
    else if (this.#registry.added !== before) admission.assertRoom(init)
    this.#enter(session)
    if (this.listenerCount('sessionCreated') > 0) tell(this, 'sessionCreated', session)
    if (this.bans.countsSessions) this.bans.noteSession(session.owner, init.path)
    return session
  }

  /**
   * Finds a live session and touches it, so that it does not expire while it is in use.
   *
   * Unknown, expired and foreign ids look the same on purpose: the server responds 454 to all
   * three. A session that is due to expire is removed, except after a stall of the process: if
   * timers are more than 250 ms late, this request may have arrived in time. The use of another
   * owner's id is counted, and does not touch the session.
   *
   * @param id - `session-id` as received, compared character by character.
   * @param claimant - Client that uses the id; without it, the caller is trusted.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside {@link filter}.
   * @see RFC 2326 section 12.37; gst_rtsp_session_pool_find()
   */
  find(id: string, claimant?: SessionOwner): Session<Data> | undefined {
    if (this.#isLocked) throw lockedError()
    // Read first: reading a clock makes the processor finish all instructions that it has begun.
    const now = this.#clock.now()
    if (typeof id !== 'string') return undefined
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    if (claimant !== undefined && !this.#isClaimAccepted(session, claimant)) return undefined
    if (internals.touch(session, now)) return session
    this.#removeDue(session)
    return undefined
  }

  /**
   * Finds a session by its public id, which logs and APIs show. Does not count as a sign of life of its client.
   *
   * @param publicId - Value of {@link Session.publicId}.
   * @returns The session; `undefined` if the pool does not contain it.
   */
  findByPublicId(publicId: string): Session<Data> | undefined {
    return this.#registry.findByPublicId(publicId) as Session<Data> | undefined
  }

  /**
   * Removes a session object from the pool. If the pool holds another object with the same id, that one stays.
   *
   * @returns Whether the session was in this pool.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside {@link filter}.
   * @throws {TypeError} when the reason is unknown.
   * @see gst_rtsp_session_pool_remove()
   */
  remove(session: Session<object>, reason: RemovalReason = 'removed'): boolean {
    this.#assertUnlocked()
    checkRemovalReason(reason)
    return this.#removeIfHere(session, reason)
  }

  /**
   * Calls `fn` with every session, in no particular order. Sessions for which `fn` returns
   * `'remove'` end with reason `filtered`, after `fn` has been called for all.
   *
   * Meanwhile the pool is locked: methods that change it throw. If `fn` throws, its earlier results
   * still apply.
   *
   * @param fn - Synchronous; returns `'remove'`, `'keep'` or `'ref'`.
   * @defaultValue `'ref'` for all
   * @returns The sessions for which `fn` returned `'ref'`.
   * @throws {TypeError} when `fn` returns anything else, such as a promise.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside another filter.
   * @see gst_rtsp_session_pool_filter()
   */
  filter(fn?: (session: Session<Data>, pool: this) => FilterAnswer): Session<Data>[] {
    this.#assertUnlocked()
    if (fn === undefined) return [...this.values()]
    const listed: Session<Data>[] = []
    const removed: Session[] = []
    this.#isLocked = true
    try {
      this.#sessions.forEach((session) => {
        const answer: unknown = fn(session, this)
        if (answer === 'keep') return
        assertFilterAnswer(answer)
        if (answer === 'ref') listed.push(session)
        else removed.push(session)
      })
    } finally {
      this.#isLocked = false
      for (const session of removed) this.#removeIfHere(session, 'filtered')
    }
    return listed
  }

  /**
   * Removes every session that is due to expire. The cost grows with the number of removed
   * sessions.
   *
   * @param now - Milliseconds of the pool's clock. Any other time than the present is for tests and
   * simulators, and checks every session.
   * @returns Number of removed sessions.
   * @see gst_rtsp_session_pool_cleanup()
   */
  cleanup(now?: number): number {
    this.#assertUnlocked()
    if (now === undefined || now === this.#clock.now()) return this.#expiry.sweep()
    let removed = 0
    for (const session of this.#registry.after(0)) {
      if (!session.isExpired(now)) continue
      this.#removeDue(session)
      removed++
    }
    return removed
  }

  /**
   * Starts a watch, which calls `fn` at most 250 ms after a session becomes due to expire, and only
   * then. If `fn` leaves due sessions in the pool, it is called again 250 ms later.
   *
   * @param fn - Usually calls {@link cleanup}; `false` ends the watch. Without it, the watch ends
   * when the first session is due, like a GSource without callback. To remove due sessions, use
   * {@link startCleanup}.
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
   * Starts to remove sessions that are due to expire automatically, at most 250 ms late. Many
   * sessions that are due at once are removed in slices of 2 ms, one in each turn of the event
   * loop.
   */
  startCleanup(options: SessionPoolWatchOptions = {}): SessionPoolWatch {
    this.#assertUsable()
    return this.#expiry.watch(undefined, options)
  }

  /**
   * Closes the pool. Its watches close, every session ends with reason `poolClosed`, and {@link
   * create} fails from now on. Idempotent.
   */
  close(): void {
    this.#assertUnlocked()
    this.#isClosed = true
    this.bans.close()
    this.#expiry.closeWatches()
    for (const session of this.#registry.after(0)) this.#leave(session, 'poolClosed')
  }

  /**
   * Removes each session that the filter selects, with reason `kicked`.
   *
   * @param filter - At least one property of the sessions, or a function; `() => true` removes all
   * sessions. The pool is locked while the function runs.
   * @param options - With `ban`, the user of each session is banned, or the address of a session
   * without user. Other users of an address stay.
   * @returns The removed sessions; with `dryRun`, those that would be removed.
   * @throws {TypeError} when the filter is empty or has an unknown member, or the function returns
   * no boolean; then no session is removed.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside {@link filter};
   * `ERR_BAN_LIST_FULL` when the bans do not fit, and then no session is removed.
   */
  kick(filter: SessionKickFilter<Data>, options: SessionKickOptions = {}): Session<Data>[] {
    this.#assertUnlocked()
    const { dryRun: isDry = false, reason, ban } = checkKickOptions(options)
    const chosen =
      typeof filter === 'function'
        ? this.filter((session) => (checkKickAnswer(filter(session)) ? 'ref' : 'keep'))
        : (this.#registry.matching(checkKickQuery(filter)) as Session<Data>[])
    if (isDry) return chosen
    if (ban !== undefined) {
      // Before anybody leaves: listeners, and clients that return at once, find the ban.
      const terms = { reason, ...withoutUndefined(ban) }
      this.bans.extend('kicked', bannedOwners(chosen), terms)
    }
    // A listener may end other sessions meanwhile.
    return chosen.filter((session) => this.#removeIfHere(session, 'kicked', reason))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * Returns whether the pool holds a session with this id, even one that is due to expire. Does not count as a sign
   * of life of its client.
   */
  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  /**
   * Returns the session with this id, even one that is due to expire; `undefined` if there is none. Does not count as
   * a sign of life of its client.
   */
  get(id: string): Session<Data> | undefined {
    return typeof id === 'string' ? this.#sessions.get(id) : undefined
  }

  /**
   * Iterates over the ids of the sessions in order of creation. Sessions may be added and removed
   * during the iteration, as in a `Map`.
   */
  *keys(): Generator<string, void> {
    for (const session of this.#registry.after(0)) yield session.id
  }

  /**
   * Iterates over the sessions in order of creation. They may be added and removed meanwhile, as in
   * a `Map`.
   */
  values(): Generator<Session<Data>, void> {
    return this.#registry.after(0) as Generator<Session<Data>, void>
  }

  /**
   * Iterates over ids and sessions in order of creation. They may be added and removed meanwhile,
   * as in a `Map`.
   */
  *entries(): Generator<[string, Session<Data>], void> {
    for (const session of this.values()) yield [session.id, session]
  }

  [Symbol.iterator](): Generator<[string, Session<Data>], void> {
    return this.entries()
  }

  /**
   * Calls `fn` for each session, in order of creation. Sessions may be added and removed meanwhile.
   */
  forEach(fn: (session: Session<Data>, id: string, pool: this) => void, thisArg?: unknown): void {
    for (const session of this.values()) fn.call(thisArg, session, session.id, this)
  }

  /**
   * Returns the number of sessions of a user, an address or a path, in constant time.
   *
   * @throws {TypeError} when `question` names none of them, or several: use {@link list} for that.
   */
  count(question: SessionQuestion): number {
    return this.#registry.count(checkQuestion(question))
  }

  /**
   * Returns a page of sessions, by default in order of creation. While sessions are added and
   * removed, no session is listed twice, and none that stays is left out. In another order, this
   * applies to sessions whose sort value does not change between two pages.
   *
   * If few sessions match, a page may be shorter than its limit although others follow. Check the
   * cursor to see whether there are more.
   *
   * @throws {RangeError | TypeError} when a member is invalid or unknown.
   */
  list(query: SessionListQuery = {}): SessionPage<Data> {
    return this.#registry.list(query) as SessionPage<Data>
  }

  /**
   * Returns a page like {@link list}, but lets the event loop run after each 2000 sessions, so that
   * a sorted page of a large pool does not delay media. Sessions that are added or removed
   * meanwhile may be on the page or not.
   *
   * @returns Promise that rejects with the errors that {@link list} throws.
   */
  listInTurns(query: SessionListQuery = {}): Promise<SessionPage<Data>> {
    return this.#registry.listInTurns(query) as Promise<SessionPage<Data>>
  }

  /** Returns the counters of the pool since its creation, such as sessions created, removed and refused. */
  stats(): SessionPoolStats {
    return this.#counters.snapshot(this.#sessions.size)
  }

  /**
   * Creates a session id. A subclass may override this function, which need not check whether the id is in use.
   *
   * @see GstRTSPSessionPoolClass.create_session_id
   */
  protected createSessionId(): string {
    const { createSessionId, idCodec } = this.#options
    return createSessionId === undefined ? idCodec.createId() : createSessionId()
  }

  /**
   * Creates a session object. A subclass may override it to return its own kind of session.
   *
   * @param id - Required value of {@link Session.id}.
   * @param init - Argument for the constructor of {@link Session}.
   * @see GstRTSPSessionPoolClass.create_session
   */
  protected createSession(id: string, init: SessionInit<Data>): Session<Data> {
    const { createSession } = this.#options
    return createSession === undefined ? new Session<Data>(id, init) : createSession(id, init)
  }

  /**
   * Called after a session has left the pool and all listeners have run. A subclass may override
   * it.
   *
   * @see GstRTSPSessionPoolClass.session_removed
   */
  protected sessionRemoved(_session: Session<Data>, _reason: RemovalReason): void {}

  #assertUnlocked(): void {
    if (this.#isLocked) throw lockedError()
  }

  #assertUsable(): void {
    this.#assertUnlocked()
    if (this.#isClosed) {
      throw new SessionPoolError('ERR_SESSION_POOL_CLOSED', 'The session pool has been closed')
    }
  }

  /**
   * Asks the application's {@link AdmissionControl} to admit a session object that is not in the
   * pool yet. Throws if a limit refuses the session.
   *
   * @param before - Number of sessions that had been added before the id was created. If it is the same, the id is unused.
   */
  #acquire(session: Session<Data>, init: SessionInit<Data>, before: number): void {
    this.#assertUsable()
    const isTaken = (): boolean => this.#registry.added !== before && this.has(session.id)
    if (isTaken()) throw collisionError()
    this.#admission.acquire(session, init)
    // The control, or listeners that were notified of evictions, may have used the pool.
    if (!this.#isClosed && !isTaken()) return
    this.#release(session)
    this.#assertUsable()
    throw collisionError()
  }

  #enterPath(session: Session, path: string): void {
    this.#admission.acquirePath(session as Session<Data>, path)
    if (internals.hostOf(session) === this.#host) this.#registry.enterPath(session, path)
  }

  #isClaimAccepted(session: Session, claimant: SessionOwner): boolean {
    const { sessionBinding } = this.#options
    if (isClaimAccepted(session.owner, claimant, sessionBinding)) return true
    this.#counters.foreignClaims++
    return false
  }

  #removeIfHere(session: Session, reason: RemovalReason, note?: string): boolean {
    if (internals.hostOf(session) !== this.#host) return false
    this.#leave(session, reason, note)
    return true
  }

  #removeDue(session: Session): void {
    this.#leave(session, internals.dueReason(session))
  }

  /** Adds a session to all lists and indexes of the pool. No other function adds sessions. */
  #enter(session: Session<Data>): void {
    const handle = this.#sessions.add(session)
    internals.enter(session, this.#host, handle)
    this.#expiry.add(handle, session)
    this.#registry.add(handle, session)
    this.#counters.noteCreated(this.#sessions.size)
  }

  /**
   * Removes a session from all lists and indexes of the pool, releases what the session holds, then notifies
   * listeners. No other function removes sessions.
   */
  #leave(left: Session, reason: RemovalReason, note?: string): void {
    const session = left as Session<Data>
    const handle = internals.handleOf(session)
    internals.leave(session, reason, note)
    this.#expiry.delete(handle)
    this.#registry.delete(handle, session)
    this.#sessions.delete(handle)
    if (this.#sessions.size === 0 && this.#sessions.handles === 0) this.#registry.reset()
    this.#counters.noteRemoved(reason)
    if (this.leavers.max > 0) this.leavers.note(session, reason)
    internals.release(session, tellTransport)
    if (!this.#admission.isLocal) this.#release(session)
    if (this.listenerCount('sessionRemoved') > 0) tell(this, 'sessionRemoved', session, reason)
    try {
      disown('sessionRemoved of a SessionPool', this.sessionRemoved(session, reason))
    } catch (error) {
      tellFailure('sessionRemoved of a SessionPool', error)
    }
  }

  #release(session: Session<Data>): void {
    callSafely('admission.release', () => this.#options.admission.release(session))
  }

  #callWatch(fn: SessionPoolWatchFunction<this>): boolean {
    try {
      const answer: unknown = fn(this)
      disown('function of createWatch', answer)
      return answer !== false
    } catch (error) {
      tellFailure('function of createWatch', error)
      return true
    }
  }
}

function lockedError(): SessionPoolError {
  return new SessionPoolError(
    'ERR_SESSION_POOL_LOCKED',
    'The pool must not be used by the function that its filter calls',
  )
}

/** Publishes the error of a transport that failed to close, on `rtspool:callback-failed`. */
const tellTransport = (error: unknown): void => tellFailure('close of a transport', error)
