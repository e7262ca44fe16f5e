// Longer than usual: most lines document a public class. The pool's privileged access stands in one
// place at its end, because only the class can reach its private fields.

import type { InspectOptions } from 'node:util'
import { type Clock, systemClock } from '../clock.js'
import { RequestError } from '../errors.js'
import { type Inspect, inspectCustom, inspectSummary } from '../inspection.js'
import { type SessionSummary, summaryOf } from './listing/session-summary.js'
import { SessionBounds } from './session-bounds.js'
import type { SessionData } from './session-data.js'
import { Extras, soloHost } from './session-extras.js'
import type { SessionGroups } from './session-groups.js'
import { publicIdOf } from './session-id.js'
import {
  defaultTimeout,
  msPerSecond,
  type SessionInit,
  type SessionStats,
  type SessionUse,
} from './session-init.js'
import { queuedBytesOf, SessionMedia } from './session-media.js'
import type { SessionOwner } from './session-owner.js'
import {
  assertFilterAnswer,
  type FilterAnswer,
  isActive,
  type RemovalReason,
  type SessionState,
  sessionStates,
} from './session-state.js'
import { type SessionTimeout, timeoutOf } from './session-timeout.js'
import { highHalf, joinHalves, lowHalf, splitNumber } from './structures/number-halves.js'

/** Receiver of a session's notifications, which is the pool that holds the session. */
export interface SessionHost {
  /** `false` for a session outside any pool. */
  readonly isPool: boolean
  readonly clock: Clock
  /**
   * Returns whether the process was stalled, so that signs of life from before `now` may still be
   * unread. A session whose timeout has passed may then continue.
   */
  isStalled(now: number): boolean
  end(session: Session, reason: RemovalReason): boolean
  dueChanged(session: Session): void
  stateChanged(session: Session, state: SessionState, previous: SessionState): void
  publicIdMade(session: Session, publicId: string): void
  /**
   * Called when the session gets a media at a path.
   *
   * @throws {SessionPoolError} when the path is full.
   */
  pathEntered(session: Session, path: string): void
  pathLeft(session: Session, path: string): void
}

/** Handle of a session that was never in a pool. A handle is the number of a session inside its pool, from 1. */
const notPooled = 0
/**
 * Milliseconds that {@link SessionInternals.silentSince} adds for a session that must not expire:
 * more than any clock shows.
 */
const notSilent = 2 ** 50
const noPaths: readonly string[] = Object.freeze([])
const noBounds: SessionInit = Object.freeze({})

/** Access to private members of a session, which only the pool uses. @internal */
export interface SessionInternals {
  /** Adds the session to a pool, and starts its timeout. */
  enter(session: Session, host: SessionHost, handle: number): void
  /**
   * Marks the session as removed from its pool. Its media must be released afterwards.
   *
   * @param note - Free text about the removal, for {@link Session.removalNote}.
   */
  leave(session: Session, reason: RemovalReason, note: string | undefined): void
  /** Releases everything that the session holds; calls `onError` for each failure to close. */
  release(session: Session, onError: (error: unknown) => void): void
  /** Returns whether the session is in a pool, or has been in one. */
  isPooled(session: Session): boolean
  /** Returns the pool of the session; `undefined` once the session has left it. */
  hostOf(session: Session): SessionHost | undefined
  handleOf(session: Session): number
  /**
   * Returns the time at which the session is due to expire, in milliseconds of the pool's clock;
   * `Infinity` = never.
   */
  dueAt(session: Session): number
  /**
   * Notes a sign of life at `now`, in milliseconds of the pool's clock. @returns `false` when the
   * session is due to expire; then nothing has changed.
   */
  touch(session: Session, now: number): boolean
  dueReason(session: Session): RemovalReason
  publicIdOf(session: Session): string | undefined
  /**
   * Returns the paths for which limits count the session: those of its media, and the path for which it was created.
   */
  pathsOf(session: Session): readonly string[]
  /**
   * Returns the time of the last sign of life, in milliseconds of the pool's clock, by which {@link
   * SilenceOrder} sorts sessions. For a session that the application keeps from expiring, the
   * result is later than any time of the clock. The value decreases only together with {@link
   * SessionHost.dueChanged}.
   */
  silentSince(session: Session): number
  /**
   * Keeps the session from timing out until {@link unhold} has been called as often. Eviction may still remove it as
   * a silent session.
   */
  hold(session: Session): void
  /** Ends the effect of one call of {@link hold}. After the last one, a full timeout starts. */
  unhold(session: Session): void
  /**
   * Notes that a response announces the present timeout to the client. If the timeout has become
   * shorter, the new value applies from now on.
   */
  noteTimeoutTold(session: Session): void
  /**
   * Returns the share of `maxIdleSetup` that has passed since the session's creation; 0 = no limit, or the session
   * has played or recorded.
   */
  setupProgress(session: Session): number
}

/** Access of the pool to private members of {@link Session}. @internal */
export let internals: SessionInternals

/**
 * A session of one client: an id, a lifetime, an owner, and the media that the client has set up.
 *
 * Created by {@link SessionPool.create}. Subclasses are returned from `createSession`.
 *
 * The id is a secret, so `console.log` and `JSON.stringify` do not show it. Both show {@link
 * publicId} and the rest of a {@link SessionSummary} instead.
 *
 * `Data` is the type of {@link data}. Code that does not read `data` accepts `Session<object>`:
 * every session is one.
 *
 * @see gst-rtsp-server: GstRTSPSession
 */
export class Session<Data extends object = SessionData> {
  // Fields that the pool reads when it adds, finds or removes a session come first, in one cache
  // line.
  readonly #id: string
  #handle = notPooled
  /**
   * Low 32 bits of the time of the last sign of life, in milliseconds of the clock. The next field has the high bits.
   */
  #accessLow = 0
  #accessHigh = 0
  #terms: SessionTimeout
  #extras: Extras | undefined = undefined
  #host: SessionHost | undefined = undefined
  #owner: SessionOwner | undefined
  #removalReason: RemovalReason | undefined = undefined
  #creationLow = 0
  #creationHigh = 0

  /**
   * Creates a session outside any pool.
   *
   * @param init - Argument of `createSession`.
   * @throws {RangeError} when a duration or time is invalid.
   */
  constructor(id: string, init: SessionInit<Data> = {}) {
    this.#id = id
    this.#terms = timeoutOf(init)
    this.#owner = init.owner
    if (init.clock !== undefined) this.#rare().clock = init.clock
    if (init.maxIdleSetup || init.maxLifetime || init.expiresAt !== undefined) {
      this.#rare().bounds = new SessionBounds(init)
    }
    if (init.data !== undefined) this.#rare().data = init.data
    if (init.path !== undefined) this.#rare().reservedPath = init.path
    if (init.groups !== undefined) this.#rare().groups = Object.freeze({ ...init.groups })
  }

  /** The id that the client sends. It is a secret: never log, list or show it. */
  get id(): string {
    return this.#id
  }

  /** Public name of the session in logs, events and APIs: 22 characters from which nobody can compute the secret id. */
  get publicId(): string {
    const extras = this.#rare()
    if (extras.publicId === undefined) {
      extras.publicId = publicIdOf(this.#id)
      if (this.#removalReason === undefined) this.#host?.publicIdMade(this, extras.publicId)
    }
    return extras.publicId
  }

  /**
   * Value of the `Session` header: the id, plus `;timeout=N` if N is not 60 or must always be
   * visible. A timeout of 0 is never announced, because RFC 2326 cannot express it.
   *
   * @see gst_rtsp_session_get_header()
   */
  get header(): string {
    const { timeout, timeoutAlwaysVisible } = this.#terms
    const isVisible = timeoutAlwaysVisible || timeout !== defaultTimeout
    return timeout > 0 && isVisible ? `${this.#id};timeout=${timeout}` : this.#id
  }

  /**
   * Seconds without a sign of life after which the session expires: 0 to 2^31, 0 = never. A change
   * applies at once. A server applies a shorter timeout only after its next response has announced
   * it to the client.
   */
  get timeout(): number {
    return this.#terms.timeout
  }

  set timeout(timeout: number) {
    this.#change({ timeout })
  }

  /** Additional seconds after the timeout before the session expires, not announced to the client. */
  get extraTimeout(): number {
    return this.#terms.extraTimeout
  }

  set extraTimeout(extraTimeout: number) {
    this.#change({ extraTimeout })
  }

  /** `true` if {@link header} announces a timeout of 60 seconds as well. */
  get timeoutAlwaysVisible(): boolean {
    return this.#terms.timeoutAlwaysVisible
  }

  set timeoutAlwaysVisible(timeoutAlwaysVisible: boolean) {
    this.#change({ timeoutAlwaysVisible })
  }

  /**
   * Time of the session's creation in milliseconds of the pool's clock, which is no time of day; see {@link
   * createdTime}.
   */
  get createdAt(): number {
    this.#home()
    return joinHalves(this.#creationLow, this.#creationHigh)
  }

  /** Time of the client's last sign of life in milliseconds of the pool's clock; see {@link lastAccessTime}. */
  get lastAccessAt(): number {
    this.#home()
    return joinHalves(this.#accessLow, this.#accessHigh)
  }

  /**
   * Wall-clock time of the session's creation. Computed from the monotonic clock: setting the wall clock shifts the
   * result.
   */
  get createdTime(): Date {
    return this.#wallTimeOf(this.createdAt)
  }

  /**
   * Wall-clock time of the client's last sign of life. Computed from the monotonic clock: setting the wall clock
   * shifts the result.
   */
  get lastAccessTime(): Date {
    return this.#wallTimeOf(this.lastAccessAt)
  }

  get owner(): SessionOwner | undefined {
    return this.#owner
  }

  /** State in the state machine of RFC 2326 appendix A; set by the server. */
  get state(): SessionState {
    return this.#extras?.state ?? 'Init'
  }

  set state(state: SessionState) {
    if (!sessionStates.includes(state)) throw new TypeError(`No session state is ${String(state)}`)
    const extras = this.#rare()
    const previous = extras.state
    if (state === previous) return
    extras.state = state
    if (isActive(previous) !== isActive(state) && extras.bounds?.noteActive()) this.#dueChanged()
    if (this.#removalReason === undefined) this.#host?.stateChanged(this, state, previous)
  }

  /** Reason why the session left its pool; `undefined` while it is in the pool. */
  get removalReason(): RemovalReason | undefined {
    return this.#removalReason
  }

  /** Free text that came with the removal, such as the reason of an operator; see `pool.kick`. */
  get removalNote(): string | undefined {
    return this.#extras?.removalNote
  }

  /**
   * Traffic counters, zero at first. Transports of the application may add to them.
   *
   * The values are current at the time of the call: read the property again for newer ones.
   */
  get stats(): SessionStats {
    const extras = this.#rare()
    for (const { transports } of this.#media()) {
      for (const transport of transports.values()) transport.settleCounters?.()
    }
    extras.stats ??= {
      bytesIn: 0,
      packetsIn: 0,
      bytesOut: 0,
      packetsOut: 0,
      packetsLost: 0,
      packetsDropped: 0,
    }
    return extras.stats
  }

  /**
   * Bytes of the session's media that wait in this process for the client to read, as far as known.
   */
  get queuedBytes(): number {
    return queuedBytesOf(this.#media())
  }

  /**
   * Use that the client of a server makes of the session: action, transport, TLS and so on.
   * `undefined` before the first SETUP. Kept after the end.
   */
  get use(): SessionUse | undefined {
    return this.#extras?.use
  }

  /** Stores the client's use of the session, for {@link use}. Called by the server of the session after a SETUP. */
  noteUse(use: SessionUse): void {
    this.#rare().use = use
  }

  /** Named groups of the session, with one value each; `undefined` = none. They never change. */
  get groups(): SessionGroups | undefined {
    return this.#extras?.groups
  }

  /** Data that the application keeps with the session; empty at first. */
  get data(): Partial<Data> {
    const extras = this.#rare()
    extras.data ??= {}
    return extras.data as Partial<Data>
  }

  /**
   * Time in seconds since 1970 at which the client's authorization ends; `undefined` = never. It is
   * converted to the pool's clock when it is set, so later jumps of the wall clock have no effect.
   */
  get expiresAt(): number | undefined {
    return this.#extras?.bounds?.expiresAt
  }

  set expiresAt(seconds: number | undefined) {
    this.#changeBounds((bounds) => bounds.setAuthorizationEnd(seconds, this.#host?.clock))
  }

  /**
   * Maximum lifetime in seconds from the creation; 0 = unlimited. A change applies at once: if the
   * session is older, it ends.
   */
  get maxLifetime(): number {
    return this.#extras?.bounds?.maxLifetime ?? 0
  }

  set maxLifetime(seconds: number) {
    this.#changeBounds((bounds) => {
      bounds.maxLifetime = seconds
    })
  }

  /**
   * Notes a sign of life of the client, from which the timeout counts. Does nothing if `now` is earlier than the last
   * sign of life, or if the session is due to expire. A stall of the process is an exception: the session may then
   * continue.
   *
   * @param now - Milliseconds of the pool's clock.
   * @see gst_rtsp_session_touch()
   */
  touch(now: number = this.#home().clock.now()): void {
    this.#home()
    if (this.#removalReason === undefined) this.#noteAccess(now)
  }

  /**
   * Returns the milliseconds until the session is due to expire, at most timeout and grace; 0 =
   * due, `Infinity` = never.
   *
   * @see gst_rtsp_session_next_timeout_usec()
   */
  remaining(now: number = this.#home().clock.now()): number {
    return this.#removalReason === undefined ? Math.max(0, this.#dueAt() - now) : 0
  }

  /**
   * Returns whether the session is due to expire or has left its pool.
   *
   * @see gst_rtsp_session_is_expired_usec()
   */
  isExpired(now: number = this.#home().clock.now()): boolean {
    return this.#removalReason !== undefined || this.#dueAt() <= now
  }

  /**
   * Keeps the session from timing out until {@link allowExpire} has been called as often. Its
   * maximum lifetime and the end of its authorization still apply. If the pool evicts silent
   * sessions, it takes others first.
   *
   * @see gst_rtsp_session_prevent_expire()
   */
  preventExpire(): void {
    const extras = this.#rare()
    extras.prevented++
    if (extras.prevented === 1) this.#dueChanged()
  }

  /**
   * Ends the effect of one call of {@link preventExpire}. After the last one, a full timeout starts.
   *
   * @throws {RangeError} when no {@link preventExpire} is left.
   */
  allowExpire(): void {
    const extras = this.#rare()
    if (extras.prevented === 0) throw new RangeError('allowExpire without preventExpire')
    this.#takeBack('prevented')
  }

  /**
   * Paths of the session's media, and the path for which it was created. After the session has left
   * its pool, its paths at that time.
   */
  get paths(): readonly string[] {
    return this.#extras?.leftPaths ?? internals.pathsOf(this)
  }

  /**
   * Binds the session to a connection, or to none: only requests on that connection may then use
   * the session. The server binds a session when its first SETUP is interleaved.
   *
   * @throws {TypeError} when the session has no owner.
   */
  bindConnection(connection: object | undefined): void {
    const owner = this.#owner
    if (owner === undefined) throw new TypeError('A session without owner cannot be bound')
    if (owner.connection === connection) return
    this.#owner = { address: owner.address, user: owner.user, connection }
  }

  /**
   * Adds a media at a path to the session. It is released with the session at the latest.
   *
   * @param path - Begins with `/`. Adding the same media there again returns the existing one.
   * @throws {TypeError} when there is another media at the path.
   * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the session has left its pool meanwhile.
   * @throws {SessionPoolError} `ERR_SESSION_PATH_FULL` when the path has reached its limit of
   *   sessions.
   * @see gst_rtsp_session_manage_media()
   */
  manageMedia<TMedia>(path: string, media: TMedia): SessionMedia<TMedia> {
    if (!path.startsWith('/')) throw new TypeError('The path of a media begins with a slash')
    if (this.#removalReason !== undefined) {
      throw new RequestError('ERR_SESSION_NOT_FOUND', 'The session has ended')
    }
    const managed = this.#media().find((each) => each.path === path)
    if (managed !== undefined) {
      if (managed.media !== media) throw new TypeError('Another media is managed at the path')
      return managed as SessionMedia<TMedia>
    }
    const extras = this.#rare()
    if (extras.reservedPath === path) extras.reservedPath = undefined
    else this.#host?.pathEntered(this, path)
    const sessionMedia = new SessionMedia(path, media)
    extras.media ??= []
    extras.media.push(sessionMedia)
    return sessionMedia
  }

  /**
   * Releases a media of this session and closes its transports. A media of another session stays
   * unchanged.
   *
   * @returns Whether the session still holds any media.
   * @throws {AggregateError} Errors of the transports, thrown after all have been closed.
   * @see gst_rtsp_session_release_media()
   */
  releaseMedia(sessionMedia: SessionMedia): boolean {
    const media = this.#extras?.media ?? []
    const index = media.indexOf(sessionMedia)
    if (index >= 0) {
      media.splice(index, 1)
      if (this.#removalReason === undefined) this.#host?.pathLeft(this, sessionMedia.path)
      sessionMedia.release()
    }
    return media.length > 0
  }

  /**
   * The media that was set up first, which is the only one in most sessions; `undefined` without
   * any.
   */
  get media(): SessionMedia | undefined {
    return this.#extras?.media?.[0]
  }

  /**
   * Returns the media whose path is `path` or its longest parent.
   *
   * @returns The media, and how many characters of `path` belong to it; the characters after that
   * name a track.
   * @see gst_rtsp_session_get_media()
   */
  getMedia(path: string): { media: SessionMedia; matched: number } | undefined {
    let best: { media: SessionMedia; matched: number } | undefined
    for (const media of this.#media()) {
      const matched = media.matches(path)
      if (matched !== undefined && matched > (best?.matched ?? 0)) best = { media, matched }
    }
    return best
  }

  /**
   * Calls `fn` with every media and releases those for which `fn` returns `'remove'`.
   *
   * @param fn - Synchronous.
   * @defaultValue returns `'ref'` for all
   * @returns The media for which `fn` returned `'ref'`.
   * @throws {TypeError} when `fn` returns anything but `'remove'`, `'keep'` or `'ref'`.
   * @see gst_rtsp_session_filter()
   */
  filter(fn?: (media: SessionMedia, session: Session<Data>) => FilterAnswer): SessionMedia[] {
    const listed: SessionMedia[] = []
    for (const media of [...this.#media()]) {
      const answer: unknown = fn === undefined ? 'ref' : fn(media, this)
      assertFilterAnswer(answer)
      if (answer === 'ref') listed.push(media)
      else if (answer === 'remove') this.releaseMedia(media)
    }
    return listed
  }

  /**
   * Removes the session from its pool. Does nothing if it has already left.
   *
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside the pool's
   *   `filter`.
   * @throws {TypeError} when the reason is unknown.
   */
  end(reason: RemovalReason = 'removed'): void {
    if (this.#removalReason === undefined) this.#host?.end(this, reason)
  }

  /**
   * Returns the session as `JSON.stringify` and `console.log` show it: without the id, which is
   * secret, and without `data`.
   */
  toJSON(): SessionSummary {
    return summaryOf(this)
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary(this.constructor.name, this.toJSON(), depth, options, inspect)
  }

  #wallTimeOf(clockMs: number): Date {
    const { clock } = this.#home()
    return new Date(clock.unixTimeMs() - clock.now() + clockMs)
  }

  #media(): readonly SessionMedia[] {
    return this.#extras?.media ?? []
  }

  #rare(): Extras {
    this.#extras ??= new Extras()
    return this.#extras
  }

  /**
   * Returns the host that is notified of changes: the pool, or a stand-in outside any pool. For a
   * new session outside any pool, the first call sets the time of creation.
   */
  #home(): SessionHost {
    if (this.#host === undefined) {
      const clock = this.#extras?.clock ?? systemClock
      this.#begin({ ...soloHost, clock }, notPooled)
    }
    return this.#host as unknown as SessionHost
  }

  #begin(host: SessionHost, handle: number): void {
    this.#host = host
    this.#handle = handle
    splitNumber(host.clock.now())
    this.#creationLow = this.#accessLow = lowHalf()
    this.#creationHigh = this.#accessHigh = highHalf()
    this.#extras?.bounds?.start(host.clock)
  }

  /**
   * Notes a sign of life of the client at `now`, in milliseconds of the pool's clock. @returns `false` when the
   * session is due to expire; then nothing has changed.
   */
  #noteAccess(now: number): boolean {
    if (this.#dueAt() <= now && !this.#outlivesStall(now)) return false
    if (now <= joinHalves(this.#accessLow, this.#accessHigh)) return true
    splitNumber(now)
    this.#accessLow = lowHalf()
    this.#accessHigh = highHalf()
    return true
  }

  /**
   * Returns whether a session whose timeout has passed may continue, because the process was stalled and could not
   * read requests. Other limits of the session must not have passed.
   */
  #outlivesStall(now: number): boolean {
    const { createdAt } = this
    const end = this.#extras?.bounds?.endOf(createdAt) ?? Number.POSITIVE_INFINITY
    return end > now && (this.#host?.isStalled(now) ?? false)
  }

  /**
   * Ends the effect of one call of {@link holdSession} or of `preventExpire`. After the last one of its kind, a full
   * timeout starts.
   */
  #takeBack(kind: 'prevented' | 'holds'): void {
    const extras = this.#rare()
    const isLast = extras[kind] === 1 && this.#removalReason === undefined
    // Before the counter changes: a session that cannot time out accepts this late sign of life.
    if (isLast) this.#noteAccess(this.#home().clock.now())
    extras[kind]--
    if (isLast) this.#dueChanged()
  }

  #dueAt(): number {
    const accessAt = joinHalves(this.#accessLow, this.#accessHigh)
    const { graceMs, extraTimeout } = this.#terms
    const extras = this.#extras
    if (extras === undefined) return accessAt + graceMs
    const { prevented, holds, bounds, toldTimeoutMs } = extras
    const silentAt = accessAt + Math.max(graceMs, toldTimeoutMs + extraTimeout * msPerSecond)
    const timesOutAt = prevented + holds > 0 ? Number.POSITIVE_INFINITY : silentAt
    return bounds === undefined ? timesOutAt : Math.min(timesOutAt, bounds.endOf(this.createdAt))
  }

  #change(terms: Pick<SessionInit, 'timeout' | 'extraTimeout' | 'timeoutAlwaysVisible'>): void {
    const before = this.#terms
    this.#terms = timeoutOf({ ...before, ...terms })
    if (this.#terms.graceMs !== before.graceMs) this.#dueChanged()
  }

  /**
   * Changes limits on the life of the session, and updates the time at which it expires.
   *
   * @throws {RangeError} when `change` throws it; then nothing has changed.
   */
  #changeBounds(change: (bounds: SessionBounds) => void): void {
    const bounds = this.#extras?.bounds ?? new SessionBounds(noBounds)
    change(bounds)
    this.#rare().bounds = bounds
    this.#dueChanged()
  }

  #dueChanged(): void {
    if (this.#removalReason === undefined) this.#host?.dueChanged(this)
  }

  #dueReason(): RemovalReason {
    return this.#extras?.bounds?.reasonAt(this.#dueAt(), this.createdAt) ?? 'timeout'
  }

  static {
    internals = {
      enter(session, host, handle) {
        session.#begin(host, handle)
      },
      leave(session, reason, note) {
        session.#removalReason = reason
        if (note !== undefined) session.#rare().removalNote = note
      },
      release(session, onError) {
        const extras = session.#extras
        if (extras === undefined) return
        extras.leftPaths = internals.pathsOf(session)
        const { media } = extras
        while (media !== undefined && media.length > 0) {
          try {
            media.pop()?.release()
          } catch (error) {
            onError(error)
          }
        }
      },
      isPooled: (session) => session.#host?.isPool ?? false,
      hostOf: (session) => (session.#removalReason === undefined ? session.#host : undefined),
      handleOf: (session) => session.#handle,
      dueAt: (session) => session.#dueAt(),
      touch: (session, now) => session.#noteAccess(now),
      dueReason: (session) => session.#dueReason(),
      publicIdOf: (session) => session.#extras?.publicId,
      pathsOf(session) {
        const extras = session.#extras
        if (extras?.media === undefined && extras?.reservedPath === undefined) return noPaths
        const paths = (extras.media ?? []).map((media) => media.path)
        if (extras.reservedPath !== undefined) paths.push(extras.reservedPath)
        return paths
      },
      silentSince(session) {
        const accessAt = joinHalves(session.#accessLow, session.#accessHigh)
        return session.#extras?.prevented ? accessAt + notSilent : accessAt
      },
      hold(session) {
        const extras = session.#rare()
        extras.holds++
        if (extras.holds === 1) session.#dueChanged()
      },
      unhold: (session) => session.#takeBack('holds'),
      noteTimeoutTold(session) {
        const extras = session.#rare()
        const toldMs = (session.#terms.timeout || defaultTimeout) * msPerSecond
        const isShorter = toldMs < extras.toldTimeoutMs
        extras.toldTimeoutMs = toldMs
        if (isShorter) session.#dueChanged()
      },
      setupProgress(session) {
        const limitMs = session.#extras?.bounds?.idleSetupMs ?? Number.POSITIVE_INFINITY
        return (session.#home().clock.now() - session.createdAt) / limitMs
      },
    }
  }
}
