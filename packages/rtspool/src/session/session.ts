// Longer than usual: most lines are the documentation of a public class; what the pool may do besides is
// granted at its end, in one place, because only the class can reach its private fields.

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
import { SessionTimes } from './session-times.js'

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
  /** For a session that never enters a pool. @defaultValue the clock of the machine */
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

/** What a session tells the pool that holds it, and where that keeps its times. */
export interface SessionHost {
  /** `false` for a session that keeps itself. */
  readonly isPool: boolean
  readonly clock: Clock
  readonly times: SessionTimes
  end(session: Session, reason: RemovalReason): boolean
  dueChanged(session: Session): void
  stateChanged(session: Session): void
  publicIdMade(session: Session, publicId: string): void
  /** @throws {SessionPoolError} when the path is full. */
  pathEntered(session: Session, path: string): void
  pathLeft(session: Session, path: string): void
}

/** What ends a session whatever its client does. Milliseconds, `Infinity` = nothing. */
interface Bounds {
  /** After its creation, as long as it has neither played nor recorded. */
  idleSetupMs: number
  /** After its creation. */
  lifetimeMs: number
  /** As set, in seconds since 1970. */
  expiresAt: number | undefined
  /** The same in time of the clock. */
  authorizationAt: number
}

/** What is left of a session that has left its pool. */
interface Ended {
  readonly reason: RemovalReason
  readonly createdAt: number
  readonly lastAccessAt: number
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
  clock?: Clock
  /** Since when it neither plays nor records, if it ever did. */
  idleSince?: number
}

/** Handle of a session that was never in a pool. */
const notPooled = 0
const noPaths: readonly string[] = Object.freeze([])

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
  dueReason(session: Session): RemovalReason
  publicIdOf(session: Session): string | undefined
  /** Every path that counts it: those of its media, and the one it was made for. */
  pathsOf(session: Session): readonly string[]
  idleSince(session: Session): number
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
  // What the pool looks at when a session comes and goes stands first, in one cache line.
  readonly #id: string
  #handle = notPooled
  #host: SessionHost | undefined = undefined
  #ended: Ended | undefined = undefined
  #extras: Extras | undefined = undefined
  #owner: SessionOwner | undefined
  #state: SessionState = 'Init'
  #prevented = 0
  #timeout: number
  #extraTimeout: number
  #timeoutAlwaysVisible: boolean

  /**
   * @param init - What `createSession` was given.
   * @throws {RangeError} when a duration or time makes no sense.
   */
  constructor(id: string, init: SessionInit = {}) {
    this.#id = id
    this.#timeout = checkedSeconds('timeout', init.timeout ?? defaultTimeout)
    this.#extraTimeout = checkedSeconds('extraTimeout', init.extraTimeout ?? defaultExtraTimeout)
    this.#timeoutAlwaysVisible = init.timeoutAlwaysVisible ?? false
    this.#owner = init.owner
    if (init.clock !== undefined) this.#rare().clock = init.clock
    if (init.maxIdleSetup || init.maxLifetime || init.expiresAt !== undefined) {
      this.#setBounds(init)
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
      if (this.#ended === undefined) this.#host?.publicIdMade(this, extras.publicId)
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
    this.#graceChanged()
  }

  /** Seconds of grace after the timeout that the client is not told about. */
  get extraTimeout(): number {
    return this.#extraTimeout
  }

  set extraTimeout(seconds: number) {
    this.#extraTimeout = checkedSeconds('extraTimeout', seconds)
    this.#graceChanged()
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
    return this.#ended?.createdAt ?? this.#home().times.createdAt(this.#handle)
  }

  /** Its last sign of life, in milliseconds of the pool's clock. */
  get lastAccessAt(): number {
    return this.#ended?.lastAccessAt ?? this.#home().times.lastAccessAt(this.#handle)
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
    if (wasActive) this.#rare().idleSince = this.#home().clock.now()
    const bounds = this.#extras?.bounds
    if (bounds !== undefined && bounds.idleSetupMs !== Number.POSITIVE_INFINITY) {
      bounds.idleSetupMs = Number.POSITIVE_INFINITY
      this.#boundChanged()
    }
    if (this.#ended === undefined) this.#host?.stateChanged(this)
  }

  /** Why it left its pool; `undefined` as long as it has not. */
  get removalReason(): RemovalReason | undefined {
    return this.#ended?.reason
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
    this.#setAuthorizationEnd(seconds)
    this.#boundChanged()
  }

  /**
   * Notes a sign of life. A session that is due stays due, and time never goes backwards.
   *
   * @param now - Milliseconds of the pool's clock.
   * @see gst_rtsp_session_touch()
   */
  touch(now: number = this.#home().clock.now()): void {
    if (this.#ended === undefined) this.#home().times.touch(this.#handle, now)
  }

  /**
   * Milliseconds until it is due: at most until the end of timeout and grace. 0 = due, `Infinity` =
   * never.
   *
   * @see gst_rtsp_session_next_timeout_usec()
   */
  remaining(now: number = this.#home().clock.now()): number {
    return this.#ended === undefined ? Math.max(0, this.#dueAt() - now) : 0
  }

  /**
   * Whether its time is up, or it has left its pool.
   *
   * @see gst_rtsp_session_is_expired_usec()
   */
  isExpired(now: number = this.#home().clock.now()): boolean {
    return this.#ended !== undefined || this.#dueAt() <= now
  }

  /**
   * Keeps the session from timing out until {@link allowExpire} has been called as often. Limits of its
   * lifetime and the end of its authorization stay in force.
   *
   * @see gst_rtsp_session_prevent_expire()
   */
  preventExpire(): void {
    this.#prevented++
    if (this.#prevented === 1) this.#graceChanged()
  }

  /**
   * Takes one {@link preventExpire} back. With the last, a full timeout starts.
   *
   * @throws {RangeError} when there is none to take back.
   */
  allowExpire(): void {
    if (this.#prevented === 0) throw new RangeError('allowExpire without preventExpire')
    this.#prevented--
    if (this.#prevented > 0 || this.#ended !== undefined) return
    const { times, clock } = this.#home()
    times.touch(this.#handle, clock.now())
    this.#graceChanged()
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
    if (this.#ended !== undefined) {
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
      if (this.#ended === undefined) this.#host?.pathLeft(this, sessionMedia.path)
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
    if (this.#ended === undefined) this.#host?.end(this, reason)
  }

  #media(): readonly SessionMedia[] {
    return this.#extras?.media ?? []
  }

  #rare(): Extras {
    this.#extras ??= {}
    return this.#extras
  }

  /** Where its time is kept: by its pool, or, as long as it is in none, by itself. */
  #home(): SessionHost {
    if (this.#host === undefined) {
      const clock = this.#extras?.clock ?? systemClock
      this.#begin({ ...soloHost, clock, times: new SessionTimes() }, 0)
    }
    return this.#host as unknown as SessionHost
  }

  #begin(host: SessionHost, handle: number): void {
    this.#host = host
    this.#handle = handle
    const now = host.clock.now()
    const bounds = this.#extras?.bounds
    if (bounds !== undefined) bounds.authorizationAt = toClockTime(bounds.expiresAt, host.clock)
    host.times.begin(handle, now, this.#graceMs(), this.#boundAt(now))
  }

  #dueAt(): number {
    return this.#home().times.dueAt(this.#handle)
  }

  #graceMs(): number {
    const timesOut = this.#prevented === 0 && this.#timeout > 0
    return timesOut ? (this.#timeout + this.#extraTimeout) * msPerSecond : Number.POSITIVE_INFINITY
  }

  #boundAt(createdAt: number): number {
    const bounds = this.#extras?.bounds
    if (bounds === undefined) return Number.POSITIVE_INFINITY
    return Math.min(
      createdAt + Math.min(bounds.idleSetupMs, bounds.lifetimeMs),
      bounds.authorizationAt,
    )
  }

  #graceChanged(): void {
    if (this.#ended !== undefined || this.#host === undefined) return
    this.#host.times.setGrace(this.#handle, this.#graceMs())
    this.#host.dueChanged(this)
  }

  #boundChanged(): void {
    if (this.#ended !== undefined || this.#host === undefined) return
    this.#host.times.setBound(this.#handle, this.#boundAt(this.createdAt))
    this.#host.dueChanged(this)
  }

  /** Of several reasons, that which came first. */
  #dueReason(): RemovalReason {
    const bounds = this.#extras?.bounds
    const at = this.#dueAt()
    if (bounds === undefined || at < this.#boundAt(this.createdAt)) return 'timeout'
    if (at === bounds.authorizationAt) return 'authorizationExpired'
    return bounds.idleSetupMs < bounds.lifetimeMs ? 'idleSetup' : 'lifetime'
  }

  #setBounds(init: SessionInit): void {
    const bounds = this.#bounds()
    const lifetime = checkedDuration('maxLifetime', init.maxLifetime ?? 0)
    const idleSetup = checkedDuration('maxIdleSetup', init.maxIdleSetup ?? 0)
    if (lifetime > 0) bounds.lifetimeMs = lifetime * msPerSecond
    if (idleSetup > 0) bounds.idleSetupMs = idleSetup * msPerSecond
    this.#setAuthorizationEnd(init.expiresAt)
  }

  #setAuthorizationEnd(expiresAt: number | undefined): void {
    if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
      throw new RangeError('expiresAt is a number of seconds since 1970')
    }
    const bounds = this.#bounds()
    bounds.expiresAt = expiresAt
    if (this.#host !== undefined) bounds.authorizationAt = toClockTime(expiresAt, this.#host.clock)
  }

  #bounds(): Bounds {
    const extras = this.#rare()
    extras.bounds ??= {
      idleSetupMs: Number.POSITIVE_INFINITY,
      lifetimeMs: Number.POSITIVE_INFINITY,
      expiresAt: undefined,
      authorizationAt: Number.POSITIVE_INFINITY,
    }
    return extras.bounds
  }

  static {
    internals = {
      enter(session, host, handle) {
        session.#begin(host, handle)
      },
      leave(session, reason) {
        const { times } = session.#home()
        session.#ended = {
          reason,
          createdAt: times.createdAt(session.#handle),
          lastAccessAt: times.lastAccessAt(session.#handle),
        }
      },
      release(session, onError) {
        const media = session.#extras?.media
        while (media !== undefined && media.length > 0) {
          try {
            media.pop()?.release()
          } catch (error) {
            onError(error)
          }
        }
      },
      isPooled: (session) => session.#host?.isPool ?? false,
      hostOf: (session) => (session.#ended === undefined ? session.#host : undefined),
      handleOf: (session) => session.#handle,
      dueReason: (session) => session.#dueReason(),
      publicIdOf: (session) => session.#extras?.publicId,
      pathsOf(session) {
        const extras = session.#extras
        if (extras?.media === undefined && extras?.reservedPath === undefined) return noPaths
        const paths = (extras.media ?? []).map((media) => media.path)
        if (extras.reservedPath !== undefined) paths.push(extras.reservedPath)
        return paths
      },
      idleSince: (session) => session.#extras?.idleSince ?? session.createdAt,
    }
  }
}

/** What a session that is in no pool tells: nobody. */
const soloHost = {
  isPool: false,
  end: () => false,
  dueChanged: () => {},
  stateChanged: () => {},
  publicIdMade: () => {},
  pathEntered: () => {},
  pathLeft: () => {},
}

/** Turns seconds since 1970 into milliseconds of a clock, as the two stand now. */
function toClockTime(seconds: number | undefined, clock: Clock): number {
  if (seconds === undefined) return Number.POSITIVE_INFINITY
  return clock.now() + seconds * msPerSecond - clock.unixTimeMs()
}

function checkedSeconds(name: string, seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= maxTimeout) return seconds
  throw new RangeError(`${name} is a whole number of seconds from 0 to 2^31, not ${seconds}`)
}

function checkedDuration(name: string, seconds: number): number {
  if (seconds >= 0 && seconds <= maxTimeout) return seconds
  throw new RangeError(`${name} is a number of seconds from 0 to 2^31, not ${seconds}`)
}
