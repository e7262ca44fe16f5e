// Longer than usual: most lines are the documentation of a public class; what the pool may do besides is
// granted at its end, in one place, because only the class can reach its private fields.

import type { InspectOptions } from 'node:util'
import { type Clock, systemClock } from '../clock.js'
import { RequestError } from '../errors.js'
import { SessionBounds } from './session-bounds.js'
import type { SessionData } from './session-data.js'
import { publicIdOf } from './session-id.js'
import {
  defaultTimeout,
  type SessionInit,
  type SessionStats,
  type SessionSummary,
} from './session-init.js'
import { SessionMedia } from './session-media.js'
import type { SessionOwner } from './session-owner.js'
import {
  assertFilterAnswer,
  type FilterAnswer,
  isActive,
  type RemovalReason,
  type SessionState,
  sessionStates,
} from './session-state.js'
import { type SessionTerms, termsOf } from './session-terms.js'
import { highHalf, joinHalves, lowHalf, splitNumber } from './structures/number-halves.js'

/** What a session tells the pool that holds it. */
export interface SessionHost {
  /** `false` for a session that keeps itself. */
  readonly isPool: boolean
  readonly clock: Clock
  /** Whether signs of life may wait to be read since before `now`. */
  isStalled(now: number): boolean
  end(session: Session, reason: RemovalReason): boolean
  dueChanged(session: Session): void
  publicIdMade(session: Session, publicId: string): void
  /** @throws {SessionPoolError} when the path is full. */
  pathEntered(session: Session, path: string): void
  pathLeft(session: Session, path: string): void
}

/** What few sessions have, or few ask for. All fields are always there, for V8 to know one shape. */
class Extras {
  publicId: string | undefined = undefined
  state: SessionState = 'Init'
  stats: SessionStats | undefined = undefined
  data: Partial<SessionData> | undefined = undefined
  media: SessionMedia[] | undefined = undefined
  /** Path that the session was made for, until it is set up. */
  reservedPath: string | undefined = undefined
  /** Its paths when it left. */
  leftPaths: readonly string[] | undefined = undefined
  bounds: SessionBounds | undefined = undefined
  clock: Clock | undefined = undefined
  /** How often `preventExpire` was called without `allowExpire`. */
  prevented = 0
  /** Open connections that keep it from timing out. */
  holds = 0
}

/** Handle of a session that was never in a pool. */
const notPooled = 0
/** Milliseconds, and more than any clock has. */
const notSilent = 2 ** 50
const noPaths: readonly string[] = Object.freeze([])
const noBounds: SessionInit = Object.freeze({})

/** For the pool, and for nobody else. @internal */
export interface SessionInternals {
  /** Lets a session live in a pool; its time starts. */
  enter(session: Session, host: SessionHost, handle: number): void
  /** Ends the session. Its media are still to be released. */
  leave(session: Session, reason: RemovalReason): void
  /** Releases what the session holds, telling what could not be closed. */
  release(session: Session, onError: (error: unknown) => void): void
  /** Whether it is in a pool, or was. */
  isPooled(session: Session): boolean
  /** The pool that it is in. */
  hostOf(session: Session): SessionHost | undefined
  handleOf(session: Session): number
  /** When it is due, in milliseconds of the pool's clock; `Infinity` = never. */
  dueAt(session: Session): number
  /** Notes a sign of life. @returns `false` when the session is due; then nothing has changed. */
  touch(session: Session, now: number): boolean
  dueReason(session: Session): RemovalReason
  publicIdOf(session: Session): string | undefined
  /** Every path that counts it: those of its media, and the one it was made for. */
  pathsOf(session: Session): readonly string[]
  /**
   * Since when it has been silent: its last sign of life, in milliseconds of the pool's clock. A session that the
   * application keeps from expiring is not silent: its time lies behind that of all others. It goes back only with
   * {@link SessionHost.dueChanged}.
   */
  silentSince(session: Session): number
  /** Keeps it from timing out until {@link unhold} has been called as often; it may fall silent nevertheless. */
  hold(session: Session): void
  /** Takes one {@link hold} back. With the last, a full timeout starts. */
  unhold(session: Session): void
}

/** @internal */
export let internals: SessionInternals

/**
 * One client's use of the server: an id, a lifetime, an owner, and the media that it has set up.
 *
 * Made by {@link SessionPool.create}. Subclasses are returned from `createSession`.
 *
 * The id is a secret, so it is no property that `console.log` or `JSON.stringify` would show: both show
 * {@link publicId} instead, and the rest of a {@link SessionSummary}.
 *
 * @see gst-rtsp-server: GstRTSPSession
 */
export class Session {
  // What the pool looks at when a session comes, is found, and goes stands first, in one cache line.
  readonly #id: string
  #handle = notPooled
  /** Its last sign of life, in milliseconds of the clock, in halves. */
  #accessLow = 0
  #accessHigh = 0
  #terms: SessionTerms
  #extras: Extras | undefined = undefined
  #host: SessionHost | undefined = undefined
  #owner: SessionOwner | undefined
  #removalReason: RemovalReason | undefined = undefined
  #creationLow = 0
  #creationHigh = 0

  /**
   * @param init - What `createSession` was given.
   * @throws {RangeError} when a duration or time makes no sense.
   */
  constructor(id: string, init: SessionInit = {}) {
    this.#id = id
    this.#terms = termsOf(init)
    this.#owner = init.owner
    if (init.clock !== undefined) this.#rare().clock = init.clock
    if (init.maxIdleSetup || init.maxLifetime || init.expiresAt !== undefined) {
      this.#rare().bounds = new SessionBounds(init)
    }
    if (init.data !== undefined) this.#rare().data = init.data
    if (init.path !== undefined) this.#rare().reservedPath = init.path
  }

  /** The id that the client shows. A secret: never log, list or show it. */
  get id(): string {
    return this.#id
  }

  /** 22 characters that name the session in logs, events and APIs, and do not lead to the id. */
  get publicId(): string {
    const extras = this.#rare()
    if (extras.publicId === undefined) {
      extras.publicId = publicIdOf(this.#id)
      if (this.#removalReason === undefined) this.#host?.publicIdMade(this, extras.publicId)
    }
    return extras.publicId
  }

  /**
   * Value of the `Session` header: the id, and `;timeout=N` when N is not 60 or is always to be
   * visible. A timeout of 0 is never announced: RFC 2326 has no word for it.
   *
   * @see gst_rtsp_session_get_header()
   */
  get header(): string {
    const { timeout, timeoutAlwaysVisible } = this.#terms
    const isVisible = timeoutAlwaysVisible || timeout !== defaultTimeout
    return timeout > 0 && isVisible ? `${this.#id};timeout=${timeout}` : this.#id
  }

  /**
   * Seconds without a sign of life after which the session may end: 0 to 2^31, 0 = never. A change
   * takes effect at once.
   */
  get timeout(): number {
    return this.#terms.timeout
  }

  set timeout(timeout: number) {
    this.#change({ timeout })
  }

  /** Seconds of grace after the timeout that the client is not told about. */
  get extraTimeout(): number {
    return this.#terms.extraTimeout
  }

  set extraTimeout(extraTimeout: number) {
    this.#change({ extraTimeout })
  }

  /** Whether {@link header} announces a timeout of 60 seconds as well. */
  get timeoutAlwaysVisible(): boolean {
    return this.#terms.timeoutAlwaysVisible
  }

  set timeoutAlwaysVisible(timeoutAlwaysVisible: boolean) {
    this.#change({ timeoutAlwaysVisible })
  }

  /** When it was made, in milliseconds of the pool's clock, which is no time of day: see {@link createdTime}. */
  get createdAt(): number {
    this.#home()
    return joinHalves(this.#creationLow, this.#creationHigh)
  }

  /** Its last sign of life, in milliseconds of the pool's clock: see {@link lastAccessTime}. */
  get lastAccessAt(): number {
    this.#home()
    return joinHalves(this.#accessLow, this.#accessHigh)
  }

  /** When it was made, as the wall clock stands now. */
  get createdTime(): Date {
    return this.#wallTimeOf(this.createdAt)
  }

  /** Its last sign of life, as the wall clock stands now. */
  get lastAccessTime(): Date {
    return this.#wallTimeOf(this.lastAccessAt)
  }

  get owner(): SessionOwner | undefined {
    return this.#owner
  }

  /** Where it stands in the state machine of RFC 2326 appendix A; the server moves it. */
  get state(): SessionState {
    return this.#extras?.state ?? 'Init'
  }

  set state(state: SessionState) {
    if (!sessionStates.includes(state)) throw new TypeError(`No session state is ${String(state)}`)
    const extras = this.#rare()
    const wasActive = isActive(extras.state)
    extras.state = state
    if (wasActive === isActive(state)) return
    if (extras.bounds?.noteActive()) this.#dueChanged()
  }

  /** Why it left its pool; `undefined` as long as it has not. */
  get removalReason(): RemovalReason | undefined {
    return this.#removalReason
  }

  /**
   * Traffic counters; all zero at first. Write to them.
   *
   * Up to date at the moment of the call: what is kept for long has to be asked for again.
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

  /** The application's own; empty at first. */
  get data(): Partial<SessionData> {
    const extras = this.#rare()
    extras.data ??= {}
    return extras.data
  }

  /**
   * When the authorization of its client ends, in seconds since 1970; `undefined` = never. It is
   * turned into time of the pool's clock when it is set: later jumps of the wall clock change nothing.
   */
  get expiresAt(): number | undefined {
    return this.#extras?.bounds?.expiresAt
  }

  set expiresAt(seconds: number | undefined) {
    const bounds = this.#extras?.bounds ?? new SessionBounds(noBounds)
    bounds.setAuthorizationEnd(seconds, this.#host?.clock)
    this.#rare().bounds = bounds
    this.#dueChanged()
  }

  /**
   * Notes a sign of life. A session that is due stays due, except after a stall of the process; time never goes
   * backwards.
   *
   * @param now - Milliseconds of the pool's clock.
   * @see gst_rtsp_session_touch()
   */
  touch(now: number = this.#home().clock.now()): void {
    this.#home()
    if (this.#removalReason === undefined) this.#noteAccess(now)
  }

  /**
   * Milliseconds until it is due: at most until the end of timeout and grace. 0 = due, `Infinity` =
   * never.
   *
   * @see gst_rtsp_session_next_timeout_usec()
   */
  remaining(now: number = this.#home().clock.now()): number {
    return this.#removalReason === undefined ? Math.max(0, this.#dueAt() - now) : 0
  }

  /**
   * Whether its time is up, or it has left its pool.
   *
   * @see gst_rtsp_session_is_expired_usec()
   */
  isExpired(now: number = this.#home().clock.now()): boolean {
    return this.#removalReason !== undefined || this.#dueAt() <= now
  }

  /**
   * Keeps the session from timing out until {@link allowExpire} has been called as often. Limits of its
   * lifetime and the end of its authorization stay in force. Where the pool evicts, sessions that may expire go first. An
   * open connection that keeps its session does so besides: it counts nowhere here.
   *
   * @see gst_rtsp_session_prevent_expire()
   */
  preventExpire(): void {
    const extras = this.#rare()
    extras.prevented++
    if (extras.prevented === 1) this.#dueChanged()
  }

  /**
   * Takes one {@link preventExpire} back. With the last, a full timeout starts.
   *
   * @throws {RangeError} when there is none to take back.
   */
  allowExpire(): void {
    const extras = this.#rare()
    if (extras.prevented === 0) throw new RangeError('allowExpire without preventExpire')
    this.#takeBack('prevented')
  }

  /** Paths of what it holds and of what it was made for; of one that has left its pool: those that it had then. */
  get paths(): readonly string[] {
    return this.#extras?.leftPaths ?? internals.pathsOf(this)
  }

  /**
   * Binds the session to a connection, or to none: what {@link owner} says about it. The server does so
   * when the first SETUP turns out to be interleaved.
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
   * Lets the session hold a media at a path. It is released with the session at the latest.
   *
   * @param path - Begins with `/`. Managing the same media there again answers what there is.
   * @throws {TypeError} when there is another media at the path.
   * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the session has left its pool meanwhile.
   * @throws {SessionPoolError} `ERR_SESSION_PATH_FULL` when the path has as many sessions as it may.
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
   * Releases a media of this session and closes its transports; that of another session is left
   * alone.
   *
   * @returns Whether the session still holds any media.
   * @throws {AggregateError} What `close()` of transports threw, after all have been closed.
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
   * The media with the longest path that `path` is, or lies below.
   *
   * @returns The media, and how many characters of `path` are its own: what follows names a track.
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
   * Shows every media to `fn`, which says what becomes of it. Removed ones are released.
   *
   * @param fn - Synchronous. @defaultValue answers `'ref'` for all
   * @returns The media for which `fn` answered `'ref'`.
   * @throws {TypeError} when `fn` answers anything else than `'remove'`, `'keep'` or `'ref'`.
   * @see gst_rtsp_session_filter()
   */
  filter(fn?: (media: SessionMedia, session: Session) => FilterAnswer): SessionMedia[] {
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
   * Makes the session leave its pool. Nothing happens when it has left already.
   *
   * @throws {SessionPoolError} `ERR_SESSION_POOL_LOCKED` when called from inside the pool's `filter`.
   * @throws {TypeError} when there is no such reason.
   */
  end(reason: RemovalReason = 'removed'): void {
    if (this.#removalReason === undefined) this.#host?.end(this, reason)
  }

  /** What `JSON.stringify` shows, and `console.log`: everything but the id, which is a secret, and `data`. */
  toJSON(): SessionSummary {
    const { publicId, state, paths, owner, timeout, expiresAt, removalReason, stats } = this
    return {
      publicId,
      state,
      paths,
      owner: owner && { address: owner.address, user: owner.user },
      createdTime: this.createdTime,
      lastAccessTime: this.lastAccessTime,
      timeout,
      expiresAt,
      removalReason,
      stats: { ...stats },
    }
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    depth: number,
    options: InspectOptions,
    inspect: (value: unknown, options: InspectOptions) => string,
  ): string {
    const name = this.constructor.name
    if (depth < 0) return `${name} { publicId: '${this.publicId}' }`
    const shown = Object.entries(this.toJSON()).filter(([, value]) => value !== undefined)
    return `${name} ${inspect(Object.fromEntries(shown), options)}`
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

  /** What it tells of itself: its pool, or, as long as it is in none, nobody. Its time has begun. */
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

  /** Notes a sign of life. @returns `false` when it is due; then nothing has changed. */
  #noteAccess(now: number): boolean {
    if (this.#dueAt() <= now && !this.#outlivesStall(now)) return false
    if (now <= joinHalves(this.#accessLow, this.#accessHigh)) return true
    splitNumber(now)
    this.#accessLow = lowHalf()
    this.#accessHigh = highHalf()
    return true
  }

  /** Whether it was only silent too long, for a process that did not listen. */
  #outlivesStall(now: number): boolean {
    const { createdAt } = this
    const end = this.#extras?.bounds?.endOf(createdAt) ?? Number.POSITIVE_INFINITY
    return end > now && (this.#host?.isStalled(now) ?? false)
  }

  /** With the last of a kind, a full timeout starts. */
  #takeBack(kind: 'prevented' | 'holds'): void {
    const extras = this.#rare()
    const isLast = extras[kind] === 1 && this.#removalReason === undefined
    // While it cannot time out: then the sign of life counts however long it was silent.
    if (isLast) this.#noteAccess(this.#home().clock.now())
    extras[kind]--
    if (isLast) this.#dueChanged()
  }

  #dueAt(): number {
    const silentAt = joinHalves(this.#accessLow, this.#accessHigh) + this.#terms.graceMs
    const extras = this.#extras
    if (extras === undefined) return silentAt
    const { prevented, holds, bounds } = extras
    const timesOutAt = prevented + holds > 0 ? Number.POSITIVE_INFINITY : silentAt
    return bounds === undefined ? timesOutAt : Math.min(timesOutAt, bounds.endOf(this.createdAt))
  }

  #change(terms: Pick<SessionInit, 'timeout' | 'extraTimeout' | 'timeoutAlwaysVisible'>): void {
    const before = this.#terms
    this.#terms = termsOf({ ...before, ...terms })
    if (this.#terms.graceMs !== before.graceMs) this.#dueChanged()
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
      leave(session, reason) {
        session.#removalReason = reason
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
    }
  }
}

/** What a session that is in no pool tells: nobody. */
const soloHost = {
  isPool: false,
  isStalled: () => false,
  end: () => false,
  dueChanged: () => {},
  publicIdMade: () => {},
  pathEntered: () => {},
  pathLeft: () => {},
}
