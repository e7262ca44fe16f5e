import type { Clock } from '../../clock.js'
import { RequestError } from '../../errors.js'
import type {
  RemovalReason,
  Session,
  SessionInit,
  SessionOwner,
  SessionPool,
} from '../../session-pool/index.js'
import { holdSession, releaseSession } from '../../session-pool/session-hold.js'
import { AdoptedSessions } from '../overload/adopted-sessions.js'
import { Drain, type DrainedSessions, type DrainOptions, resolveDrain } from '../overload/drain.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { SessionsContext } from '../request/request-context.js'
import { isPublication, presentationOf } from '../request/session-presentation.js'
import type { OnConnectionClosed, UdpLiveness } from '../server-options.js'
import { EndedSessions } from './ended-sessions.js'
import { farewellMs } from './farewell.js'
import { type RtspServerTraffic, TrafficTotals } from './traffic.js'

export interface ServerSessionsOptions {
  readonly clock: Clock
  readonly onConnectionClosed: OnConnectionClosed
  readonly udpLiveness: UdpLiveness
}

/** Connection with which a session is associated, and its effect on the session's timeout. */
interface Home {
  /** Connection that used the session last; `undefined` once that connection is closed. */
  connection: ConnectionContext | undefined
  isPublisher: boolean
  /** True for the session of another node of the cluster, which pulls a stream for its viewers. */
  isPeer: boolean
  /** True if the open connection keeps the session from timing out. */
  isKept: boolean
}

/**
 * Sessions of one server, in a pool that it may share with others, and the connection that used
 * each of them last. An open connection is a sign of life: TCP keep-alive detects a client that has
 * gone, and a client that acknowledges nothing is dropped.
 */
export class ServerSessions implements SessionsContext {
  readonly #pool: SessionPool
  readonly #options: ServerSessionsOptions
  readonly #homes = new Map<Session, Home>()
  readonly #ended: EndedSessions
  readonly #traffic = new TrafficTotals()
  /** Sessions that the application serves by itself; see `RtspServer.adopt`. */
  readonly #adopted: AdoptedSessions
  #isStopped = false
  #drain: Drain | undefined

  constructor(pool: SessionPool, options: ServerSessionsOptions) {
    this.#pool = pool
    this.#options = options
    this.#ended = new EndedSessions(options.clock, pool.sessionBinding)
    this.#adopted = new AdoptedSessions(pool, () => this.#drain?.sessionLeft())
  }

  /** Listens to the events of the pool until {@link stop}. */
  start(): void {
    this.#pool.on('sessionRemoved', this.#onSessionRemoved)
  }

  /** Ends all sessions of the server, and creates no more. */
  stop(): void {
    this.#isStopped = true
    this.#adopted.close()
    for (const session of this.#homes.keys()) session.end('poolClosed')
    this.#pool.off('sessionRemoved', this.#onSessionRemoved)
    this.#ended.clear()
  }

  /** True while at least one caller of {@link drain} wants all sessions to end. */
  get isDraining(): boolean {
    return this.#drain !== undefined
  }

  /** All sessions of this server, without those of other servers that share the pool. */
  get all(): Iterable<Session> {
    return this.#homes.keys()
  }

  /**
   * Creates no more sessions, and ends all existing ones within a time, publishers last, and after them those of
   * other nodes, whose viewers wait for the publishers to come back elsewhere. A second call may shorten the time.
   *
   * @returns Resolves when all sessions have ended.
   * @throws {RangeError | TypeError} An option is wrong. The reason of `signal` if it aborts.
   */
  async drain(options: DrainOptions): Promise<void> {
    const { ms, signal } = resolveDrain(options)
    signal?.throwIfAborted()
    this.#drain ??= new Drain(this.#options.clock, this.#leaving(), () => {
      this.#drain = undefined
    })
    await this.#drain.join(ms, signal)
  }

  create(init: SessionInit, connection: ConnectionContext, isPeer: boolean): Session {
    // The request has waited for its admission meanwhile.
    if (this.#isStopped) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
    if (this.#drain && !isPeer) throw new RequestError('ERR_DRAINING', 'the server is draining')
    const session = this.#pool.create(init)
    this.use(session, connection)
    const home = this.#homes.get(session)
    if (home) home.isPeer = isPeer
    return session
  }

  /**
   * Adds a session that the application serves by itself, so that {@link drain} ends it like the
   * others.
   *
   * @param left - Called when the session has left the pool.
   * @throws {RequestError} `ERR_SERVER_CLOSING` if the server is closing.
   * @throws {TypeError} If the session is not in the pool.
   */
  adopt(session: Session, left: () => void): void {
    if (this.#isStopped) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
    if (this.#pool.get(session.id) !== session) {
      throw new TypeError('adopt: expected a session in the pool of this server')
    }
    this.#adopted.add(session, left)
  }

  use(session: Session, connection: ConnectionContext): void {
    // A listener of the pool may have ended it already.
    if (session.removalReason !== undefined) return
    const home = this.#homeOf(session)
    if (home.connection === connection || session.owner?.connection) return
    home.connection?.sessionLeft(session)
    home.connection = connection
    connection.sessions.add(session)
    this.#settle(session, home)
  }

  noteSetUp(session: Session, isPublisher: boolean): void {
    if (session.removalReason !== undefined) return
    const home = this.#homeOf(session)
    home.isPublisher = isPublisher
    this.#settle(session, home)
  }

  /** Traffic of all sessions of this server, including ended ones. */
  get traffic(): RtspServerTraffic {
    return this.#traffic.with(this.#homes.keys())
  }

  hasEnded(id: string, claimant: SessionOwner): boolean {
    return this.#ended.has(id, claimant)
  }

  forgetEnded(id: string): void {
    this.#ended.forget(id)
  }

  /** Returns whether the connection that used a session last is still open. */
  isConnected(session: Session): boolean {
    return this.#homes.get(session)?.connection !== undefined
  }

  /**
   * Handles the end of a connection. Its interleaved sessions end, or are paused, as the option
   * `onConnectionClosed` says. Other sessions continue without it.
   */
  connectionClosed(connection: ConnectionContext): void {
    for (const session of connection.sessions) {
      const home = this.#homeOf(session)
      home.connection = undefined
      if (session.owner?.connection === connection) {
        if (this.#options.onConnectionClosed === 'keep') keep(session)
        else session.end('connectionClosed')
      }
      this.#settle(session, home)
    }
    connection.sessions.clear()
  }

  /** Returns the functions by which a {@link Drain} lists and ends the sessions of this server. */
  #leaving(): DrainedSessions {
    const homes = this.#homes
    const adopted = this.#adopted
    return {
      get size() {
        return homes.size + adopted.size
      },
      list: () => {
        const [viewers, publishers, peers]: [Session[], Session[], Session[]] = [[], [], []]
        for (const [session, { isPeer, isPublisher }] of homes) {
          if (isPeer) peers.push(session)
          else if (isPublisher) publishers.push(session)
          else viewers.push(session)
        }
        return [...viewers, ...adopted.all, ...publishers, ...peers]
      },
    }
  }

  #homeOf(session: Session): Home {
    const known = this.#homes.get(session)
    if (known) return known
    const home = { connection: undefined, isPublisher: false, isPeer: false, isKept: false }
    this.#homes.set(session, home)
    return home
  }

  #settle(session: Session, home: Home): void {
    const isKept = session.removalReason === undefined && this.#isKept(session, home)
    if (isKept === home.isKept) return
    home.isKept = isKept
    if (isKept) holdSession(session)
    else releaseSession(session)
  }

  /**
   * Returns whether an open connection keeps the session from timing out. A publisher over UDP must
   * send packets, because its connection does not show that its media arrive.
   */
  #isKept({ owner }: Session, { connection, isPublisher }: Home): boolean {
    if (!connection) return false
    if (owner?.connection === connection) return true
    return this.#options.udpLiveness === 'connection' && !isPublisher
  }

  readonly #onSessionRemoved = (session: Session, reason: RemovalReason): void => {
    const home = this.#homes.get(session)
    if (!home) return
    this.#homes.delete(session)
    this.#traffic.settle(session)
    this.#ended.add(session, reason)
    home.connection?.sessionRemoved(session, farewellMs(reason, home.isPublisher))
    this.#drain?.sessionLeft()
  }
}

/**
 * Stops the streams of a session without ending the session, which its owner can set up again on
 * another connection. Ends the session of a publisher, or one without media.
 */
function keep(session: Session): void {
  const held = presentationOf(session)
  // A publication whose publisher has gone cannot be recorded again.
  if (!held || isPublication(held.media)) {
    session.end('connectionClosed')
    return
  }
  session.releaseMedia(held)
  session.bindConnection(undefined)
  session.state = 'Init'
}
