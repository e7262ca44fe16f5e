import { type Clock, systemClock } from '../clock.js'
import { RequestError } from '../errors.js'
import { publicIdOf } from './session-id.js'
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

/** Seconds after which a client assumes its session gone when it is told nothing (RFC 2326 12.37). */
export const defaultTimeout = 60
/** Seconds of grace after the timeout that clients are told. @see gst-rtsp-server: extra-timeout */
export const defaultExtraTimeout = 5
/** The longest timeout, in seconds: 68 years. */
export const maxTimeout = 2 ** 31
const msPerSecond = 1000

/**
 * What an application keeps with a session. Empty here; declare your own members:
 *
 * ```ts
 * declare module 'rtspool/session-pool' {
 *   interface SessionData { camera: string }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications merge their declarations into it
export interface SessionData {}

/** How a session begins. Every field may be left out. */
export interface SessionInit {
  /** Whom it belongs to. @defaultValue nobody: the id alone is a right */
  readonly owner?: SessionOwner | undefined
  /** Seconds without a sign of life after which it may end; 0 = never. @defaultValue 60 */
  readonly timeout?: number | undefined
  /** Seconds of grace on top, which are not announced. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /** Whether {@link Session.header} says a timeout of 60 as well. @defaultValue false */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** Seconds that it may last in all; 0 = unlimited. @defaultValue 0 */
  readonly maxLifetime?: number | undefined
  /** Seconds within which it must play or record for the first time; 0 = unlimited. @defaultValue 0 */
  readonly maxIdleSetup?: number | undefined
  /** When its authorization ends: seconds since 1970, as in the `exp` of a JWT. @defaultValue never */
  readonly expiresAt?: number | undefined
  /** Path of the presentation that it is made for; counted from the beginning. */
  readonly path?: string | undefined
  readonly data?: Partial<SessionData> | undefined
  /** @defaultValue the clock of the pool */
  readonly clock?: Clock | undefined
}

/** Traffic of a session, counted by whoever moves it. Plain numbers: no call on the media path. */
export interface SessionStats {
  bytesIn: number
  packetsIn: number
  bytesOut: number
  packetsOut: number
  /** Packets that the client says it missed, or that were missing from what it sent. */
  packetsLost: number
  /** Packets that were not sent because the client was too slow. */
  packetsDropped: number
}

/** What a session tells the pool that holds it. */
export interface SessionHost {
  end(session: Session, reason: RemovalReason): boolean
  dueChanged(session: Session): void
  stateChanged(session: Session): void
  publicIdMade(session: Session, publicId: string): void
  /** @throws {SessionPoolError} when the path is full. */
  pathEntered(session: Session, path: string): void
  pathLeft(session: Session, path: string): void
}

/** What ends a session whatever its client does. Milliseconds of the clock, `Infinity` = nothing. */
interface Bounds {
  idleSetupAt: number
  lifetimeAt: number
  authorizationAt: number
  /** As set, in seconds since 1970. */
  expiresAt: number | undefined
}

/** What few sessions have, or few ask for. */
interface Extras {
  publicId?: string
  stats?: SessionStats
  data?: Partial<SessionData>
  media?: SessionMedia[]
  /** Path that the session was made for, until it is set up. */
  reservedPath?: string | undefined
  bounds?: Bounds
}

const noPaths: readonly string[] = Object.freeze([])

/** For the pool, and for nobody else. @internal */
export interface SessionInternals {
  enter(session: Session, host: SessionHost, serial: number, handle: number, page: object): void
  /** Ends the session. Its media are still to be released. */
  leave(session: Session, reason: RemovalReason): void
  /** Releases what the session holds. @returns what could not be closed */
  release(session: Session): unknown[]
  isPooled(session: Session): boolean
  hostOf(session: Session): SessionHost | undefined
  serialOf(session: Session): number
  handleOf(session: Session): number
  pageOf(session: Session): object
  /** When it is due, in milliseconds of the clock. */
  dueAt(session: Session): number
  dueReason(session: Session): RemovalReason
  /** Notes a sign of life. @returns `false` when the session is due */
  touchUnlessDue(session: Session, now: number): boolean
  publicIdOf(session: Session): string | undefined
  /** Every path that counts it: those of its media, and the one it was made for. */
  pathsOf(session: Session): readonly string[]
  isPrevented(session: Session): boolean
}

/** @internal */
export let internals: SessionInternals

/**
 * One client's use of the server: an id, a lifetime, an owner, and the media that it has set up.
 *
 * Made by {@link SessionPool.create}. Subclasses are returned from `createSession`.
 *
 * The id is a secret, so it is no property that `console.log` or `JSON.stringify` would show; say
 * {@link publicId} instead.
 *
 * @see gst-rtsp-server: GstRTSPSession
 */
export class Session {
  readonly #id: string
  readonly #clock: Clock
  readonly #createdAt: number
  #lastAccessAt: number
  #timeout: number
  #extraTimeout: number
  #timeoutAlwaysVisible: boolean
  #prevented = 0
  #state: SessionState = 'Init'
  #owner: SessionOwner | undefined
  #removalReason: RemovalReason | undefined = undefined
  #extras: Extras | undefined = undefined
  #host: SessionHost | undefined = undefined
  #serial = 0
  #handle = 0
  #page: object | undefined = undefined

  constructor(id: string, init: SessionInit = {}) {
    this.#id = id
    this.#clock = init.clock ?? systemClock
    const now = this.#clock.now()
    this.#createdAt = now
    this.#lastAccessAt = now
    this.#timeout = checkedSeconds('timeout', init.timeout ?? defaultTimeout)
    this.#extraTimeout = checkedSeconds('extraTimeout', init.extraTimeout ?? defaultExtraTimeout)
    this.#timeoutAlwaysVisible = init.timeoutAlwaysVisible ?? false
    this.#owner = init.owner
    if (init.maxIdleSetup || init.maxLifetime || init.expiresAt !== undefined) {
      this.#setBounds(init, now)
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
    const isVisible = this.#timeoutAlwaysVisible || this.#timeout !== defaultTimeout
    return this.#timeout > 0 && isVisible ? `${this.#id};timeout=${this.#timeout}` : this.#id
  }

  /**
   * Seconds without a sign of life after which the session may end: 0 to 2^31, 0 = never. A change
   * takes effect at once.
   */
  get timeout(): number {
    return this.#timeout
  }

  set timeout(seconds: number) {
    this.#timeout = checkedSeconds('timeout', seconds)
    this.#dueChanged()
  }

  /** Seconds of grace after the timeout that the client is not told about. */
  get extraTimeout(): number {
    return this.#extraTimeout
  }

  set extraTimeout(seconds: number) {
    this.#extraTimeout = checkedSeconds('extraTimeout', seconds)
    this.#dueChanged()
  }

  /** Whether {@link header} announces a timeout of 60 seconds as well. */
  get timeoutAlwaysVisible(): boolean {
    return this.#timeoutAlwaysVisible
  }

  set timeoutAlwaysVisible(visible: boolean) {
    this.#timeoutAlwaysVisible = visible
  }

  /** When it was made, in milliseconds of the pool's clock. */
  get createdAt(): number {
    return this.#createdAt
  }

  /** Its last sign of life, in milliseconds of the pool's clock. */
  get lastAccessAt(): number {
    return this.#lastAccessAt
  }

  get owner(): SessionOwner | undefined {
    return this.#owner
  }

  /** Where it stands in the state machine of RFC 2326 appendix A; the server moves it. */
  get state(): SessionState {
    return this.#state
  }

  set state(state: SessionState) {
    if (!sessionStates.includes(state)) throw new TypeError(`No session state is ${String(state)}`)
    const wasActive = isActive(this.#state)
    this.#state = state
    if (wasActive === isActive(state)) return
    const bounds = this.#extras?.bounds
    if (bounds !== undefined) bounds.idleSetupAt = Number.POSITIVE_INFINITY
    if (this.#removalReason === undefined) this.#host?.stateChanged(this)
  }

  /** Why it left its pool; `undefined` as long as it has not. */
  get removalReason(): RemovalReason | undefined {
    return this.#removalReason
  }

  /** Traffic counters; all zero at first. Write to them. */
  get stats(): SessionStats {
    const extras = this.#rare()
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
    this.#setAuthorizationEnd(seconds, this.#clock.now())
    this.#dueChanged()
  }

  /**
   * Notes a sign of life. A session that is due stays due, and time never goes backwards.
   *
   * @param now - Milliseconds of the pool's clock.
   * @see gst_rtsp_session_touch()
   */
  touch(now: number = this.#clock.now()): void {
    if (now > this.#lastAccessAt && !this.isExpired(now)) this.#lastAccessAt = now
  }

  /**
   * Milliseconds until it is due: at most until the end of timeout and grace. 0 = due, `Infinity` =
   * never.
   *
   * @see gst_rtsp_session_next_timeout_usec()
   */
  remaining(now: number = this.#clock.now()): number {
    return this.#removalReason === undefined ? Math.max(0, this.#dueAt() - now) : 0
  }

  /**
   * Whether its time is up, or it has left its pool.
   *
   * @see gst_rtsp_session_is_expired_usec()
   */
  isExpired(now: number = this.#clock.now()): boolean {
    return this.#removalReason !== undefined || this.#dueAt() <= now
  }

  /**
   * Keeps the session from timing out until {@link allowExpire} has been called as often. Limits of its
   * lifetime and the end of its authorization stay in force.
   *
   * @see gst_rtsp_session_prevent_expire()
   */
  preventExpire(): void {
    this.#prevented++
    if (this.#prevented === 1) this.#dueChanged()
  }

  /**
   * Takes one {@link preventExpire} back. With the last, a full timeout starts.
   *
   * @throws {RangeError} when there is none to take back.
   */
  allowExpire(): void {
    if (this.#prevented === 0) throw new RangeError('allowExpire without preventExpire')
    this.#prevented--
    if (this.#prevented > 0 || this.#removalReason !== undefined) return
    this.#lastAccessAt = Math.max(this.#lastAccessAt, this.#clock.now())
    this.#dueChanged()
  }

  /**
   * Binds the session to a connection, or to none: what {@link owner} says about it. The server does so
   * when the first SETUP turns out to be interleaved.
   *
   * @throws {TypeError} when the session has no owner.
   */
  bindConnection(connection: object | undefined): void {
    if (this.#owner === undefined) throw new TypeError('A session without owner cannot be bound')
    if (this.#owner.connection !== connection) this.#owner = { ...this.#owner, connection }
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
   */
  end(reason: RemovalReason = 'removed'): void {
    if (this.#removalReason === undefined) this.#host?.end(this, reason)
  }

  #media(): readonly SessionMedia[] {
    return this.#extras?.media ?? []
  }

  #rare(): Extras {
    this.#extras ??= {}
    return this.#extras
  }

  #dueChanged(): void {
    if (this.#removalReason === undefined) this.#host?.dueChanged(this)
  }

  #dueAt(): number {
    const timesOut = this.#prevented === 0 && this.#timeout > 0
    const at = timesOut
      ? this.#lastAccessAt + (this.#timeout + this.#extraTimeout) * msPerSecond
      : Number.POSITIVE_INFINITY
    const bounds = this.#extras?.bounds
    if (bounds === undefined) return at
    return Math.min(at, bounds.idleSetupAt, bounds.lifetimeAt, bounds.authorizationAt)
  }

  /** Of several reasons, that which came first. */
  #dueReason(): RemovalReason {
    const bounds = this.#extras?.bounds
    const at = this.#dueAt()
    if (bounds?.authorizationAt === at) return 'authorizationExpired'
    if (bounds?.lifetimeAt === at) return 'lifetime'
    if (bounds?.idleSetupAt === at) return 'idleSetup'
    return 'timeout'
  }

  #setBounds(init: SessionInit, now: number): void {
    const bounds = this.#bounds()
    const lifetime = checkedDuration('maxLifetime', init.maxLifetime ?? 0)
    const idleSetup = checkedDuration('maxIdleSetup', init.maxIdleSetup ?? 0)
    if (lifetime > 0) bounds.lifetimeAt = now + lifetime * msPerSecond
    if (idleSetup > 0) bounds.idleSetupAt = now + idleSetup * msPerSecond
    this.#setAuthorizationEnd(init.expiresAt, now)
  }

  #setAuthorizationEnd(expiresAt: number | undefined, now: number): void {
    const bounds = this.#bounds()
    if (expiresAt === undefined) {
      bounds.authorizationAt = Number.POSITIVE_INFINITY
    } else {
      if (!Number.isFinite(expiresAt)) throw new RangeError('expiresAt is a number of seconds')
      bounds.authorizationAt = now + expiresAt * msPerSecond - this.#clock.unixTimeMs()
    }
    bounds.expiresAt = expiresAt
  }

  #bounds(): Bounds {
    const extras = this.#rare()
    extras.bounds ??= {
      idleSetupAt: Number.POSITIVE_INFINITY,
      lifetimeAt: Number.POSITIVE_INFINITY,
      authorizationAt: Number.POSITIVE_INFINITY,
      expiresAt: undefined,
    }
    return extras.bounds
  }

  static {
    internals = {
      enter(session, host, serial, handle, page) {
        session.#host = host
        session.#serial = serial
        session.#handle = handle
        session.#page = page
      },
      leave(session, reason) {
        session.#removalReason = reason
        session.#page = undefined
      },
      release(session) {
        const errors: unknown[] = []
        const media = session.#extras?.media
        while (media !== undefined && media.length > 0) {
          try {
            media.pop()?.release()
          } catch (error) {
            errors.push(error)
          }
        }
        return errors
      },
      isPooled: (session) => session.#host !== undefined,
      hostOf: (session) => (session.#removalReason === undefined ? session.#host : undefined),
      serialOf: (session) => session.#serial,
      handleOf: (session) => session.#handle,
      pageOf: (session) => session.#page as object,
      dueAt: (session) => session.#dueAt(),
      dueReason: (session) => session.#dueReason(),
      touchUnlessDue(session, now) {
        if (session.#dueAt() <= now) return false
        if (now > session.#lastAccessAt) session.#lastAccessAt = now
        return true
      },
      publicIdOf: (session) => session.#extras?.publicId,
      pathsOf(session) {
        const extras = session.#extras
        if (extras?.media === undefined && extras?.reservedPath === undefined) return noPaths
        const paths = (extras.media ?? []).map((media) => media.path)
        if (extras.reservedPath !== undefined) paths.push(extras.reservedPath)
        return paths
      },
      isPrevented: (session) => session.#prevented > 0,
    }
  }
}

function checkedSeconds(name: string, seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= maxTimeout) return seconds
  throw new RangeError(`${name} is a whole number of seconds from 0 to 2^31, not ${seconds}`)
}

function checkedDuration(name: string, seconds: number): number {
  if (seconds >= 0 && seconds <= maxTimeout) return seconds
  throw new RangeError(`${name} is a number of seconds from 0 to 2^31, not ${seconds}`)
}
