// Longer than usual: one public class, which most lines document. It makes the parts of the server
// and connects them; each part has its own file.

import { EventEmitter } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { quoteReceived } from '../errors.js'
import { tell, warnOnce } from '../listeners.js'
import { MountPoints } from '../media/mount-points.js'
import { CacheBudget } from '../media/track/cache-budget.js'
import { checkText, kindOf } from '../option-checks.js'
import type { AccessUnit, ReadOptions, UnitVisit } from '../public/access-unit.js'
import type { ConnectionInfo } from '../public/connection.js'
import type { MediaInfo } from '../public/media.js'
import type { PublicList } from '../public/public-list.js'
import type { RtspRequest } from '../rtsp/index.js'
import type { Session, SessionData, SessionPool, SessionPoolWatch } from '../session-pool/index.js'
import { createSendThreads, sendThreadDefaults } from '../transport/threads/create-send-threads.js'
import type { SendThreads } from '../transport/threads/send-threads.js'
import { UdpPorts } from '../transport/udp/udp-ports.js'
import { type AccessRefusal, Authenticator } from './auth/authenticator.js'
import { type ConnectionsListener, OpenConnections } from './connection/open-connections.js'
import { ServerSessions } from './connection/server-sessions.js'
import type { AcceptedConnection } from './door/accepted-connection.js'
import { FrontDoor } from './door/front-door.js'
import type { TlsCertificate } from './door/tls-options.js'
import { type AdoptedClient, adoptedConnection } from './overload/adopted-client.js'
import type { DrainOptions } from './overload/drain.js'
import { OverloadGuard } from './overload/overload.js'
import { NodeGauge } from './overload/pressure-gauge.js'
import type { ServerContext } from './request/request-context.js'
import type { ResolvedRtspServerOptions } from './resolved-options.js'
import { createServerContext } from './server-context.js'
import type { RtspServerEvents } from './server-events.js'
import type { RtspServerOptions } from './server-options.js'
import { readMedia, resolveReadOptions, visitMedia } from './sources/read-media.js'
import { ServedMedia } from './sources/served-media.js'
import {
  noMulticast,
  type RtspServerConnectionLimits,
  type RtspServerStats,
  sendThreadStats,
} from './stats.js'
import { LiveOptions, type RtspServerLiveOptions } from './update.js'

/**
 * An RTSP server, which listens on ports, maps paths to media, and keeps its sessions in a pool.
 * `Data` is the type of `session.data`; the option `pool` gives it.
 *
 * ```ts
 * const server = new RtspServer({ port: 8554 })
 * server.mounts.allowPublish('/live/*')
 * await server.listen()
 * ```
 *
 * @see GstRTSPServer
 */
export class RtspServer<Data extends object = SessionData> extends EventEmitter<
  RtspServerEvents<Data>
> {
  readonly mounts = new MountPoints()
  readonly pool: SessionPool<Data>
  readonly #live: LiveOptions
  readonly #media = new ServedMedia({
    started: (media) => this.#tell('mediaStarted', media),
    ended: (media) => this.#tell('mediaEnded', media),
  })
  readonly #cacheBudget: CacheBudget
  readonly #sessions: ServerSessions
  readonly #guard: OverloadGuard
  #authenticator: Authenticator | undefined
  readonly #context: ServerContext
  readonly #connections: OpenConnections
  readonly #threads: SendThreads | undefined
  readonly #door: FrontDoor
  #listening: Promise<void> | undefined
  #udp: UdpPorts | undefined
  #watch: SessionPoolWatch | undefined
  #closing: Promise<void> | undefined

  constructor(options: RtspServerOptions<Data> = {}) {
    super()
    // The parts of the server do not read `data`, so they need not know its type.
    this.#live = new LiveOptions(options as RtspServerOptions)
    const resolved = this.#options
    this.pool = resolved.pool as unknown as SessionPool<Data>
    this.#updateAuth()
    this.#cacheBudget = new CacheBudget(resolved.gopCacheTotalBytes)
    this.#sessions = new ServerSessions(resolved.pool, resolved)
    this.#guard = new OverloadGuard({
      server: resolved,
      gauge: new NodeGauge(),
      sessions: () => this.#sessions.all,
      changed: (pressure, previous) => this.#tell('pressureChanged', pressure, previous),
    })
    this.#context = createServerContext({
      ...{ options: resolved, mounts: this.mounts, media: this.#media, sessions: this.#sessions },
      ...{ guard: this.#guard, cacheBudget: this.#cacheBudget },
      authenticator: () => this.#authenticator,
      udp: () => this.#udp,
      tell: (event, ...args) => this.#tell(event, ...args),
    })
    const { native, clock, sendThreads, maxThreadDescriptors } = resolved
    this.#threads = createSendThreads(native, clock, sendThreads, maxThreadDescriptors)
    const listener = this.#connectionsListener()
    this.#connections = new OpenConnections(this.#context, resolved, listener, this.#threads)
    this.#door = new FrontDoor(resolved, (carrier, first) => this.#connections.open(carrier, first))
  }

  /**
   * Opens the ports and begins to serve.
   *
   * @throws The error of `listen` (`EADDRINUSE`, `EACCES`, …), or `TransportError`
   *   `ERR_UDP_PORTS_TAKEN`.
   * @throws {TypeError} If it was called before, unless that call failed, or after {@link close}.
   */
  async listen(): Promise<void> {
    if (this.#closing) throw new TypeError('the server has been closed: make another one')
    if (this.#listening) throw new TypeError('the server has been started already')
    this.#listening = this.#listen().catch((error) => {
      this.#listening = undefined
      throw error
    })
    await this.#listening
  }

  /**
   * Returns the address that the server listens on without TLS.
   *
   * @throws {TypeError} If the server does not listen without TLS.
   */
  address(): AddressInfo {
    return this.#door.address ?? notListening('without TLS')
  }

  /**
   * Returns the address that the server listens on with TLS.
   *
   * @throws {TypeError} If the server does not listen with TLS.
   */
  tlsAddress(): AddressInfo {
    return this.#door.tlsAddress ?? notListening('with TLS')
  }

  /**
   * Serves a connection that the application has accepted, as if it had arrived at the port without TLS. Bans and
   * limits on connections apply.
   *
   * @param socket - Connected socket, which the server owns from now on. For HTTP tunnels it needs `allowHalfOpen`.
   * @throws {TypeError} If the server does not listen, or closes.
   */
  accept(socket: Socket, connection: AcceptedConnection = {}): void {
    if (!this.#listening || this.#closing) throw new TypeError('the server does not listen')
    this.#door.accept(socket, connection)
  }

  /**
   * Uses another certificate for new TLS connections; open ones keep theirs.
   *
   * @throws {TypeError} If the server was created without `tls`.
   * @throws {TransportError} `ERR_TLS_CERTIFICATE` if it cannot be used; the present one then stays
   *   in use.
   */
  reloadCertificate(certificate: TlsCertificate): void {
    this.#door.reloadCertificate(certificate)
  }

  /**
   * Changes options while the server runs: all given ones, or none if one of them is wrong. An
   * option that is left out or `undefined` stays as it is.
   *
   * Users and rights apply from the next request on. A session of a removed user stays until its
   * next request, or until `pool.kick({ user })`. Limits on the number of connections, limits on
   * unsent bytes, and `idleTimeout` apply to new connections. `gopCache` (apart from its
   * `totalBytes`) and `timeline` apply to new publications.
   *
   * ```ts
   * server.update({ maxConnections: 500, auth: { users: { door: process.env.DOOR_PASSWORD } } })
   * ```
   *
   * @throws {TypeError} If an option cannot be changed: it names those that can.
   * @throws {RangeError | TypeError} If a value is wrong, as the constructor does.
   */
  update(options: RtspServerLiveOptions): void {
    this.#live.update(options)
    const { slowReaderTimeoutMs, publisherTimeoutMs, gopCacheTotalBytes } = this.#options
    if (options.auth !== undefined) this.#updateAuth()
    this.#connections.slowReaderTimeoutMs = slowReaderTimeoutMs
    this.#context.silence.maxMs = publisherTimeoutMs
    this.#cacheBudget.maxBytes = gopCacheTotalBytes
    this.#guard.refresh()
  }

  /**
   * Limits on connections that apply now: those of the options and of {@link update}, or lower ones
   * if the process may open fewer file descriptors.
   */
  get connectionLimits(): RtspServerConnectionLimits {
    const { maxConnections, maxConnectionsPerAddress } = this.#options
    return { maxConnections, maxConnectionsPerAddress }
  }

  /**
   * Returns the present limit on the connections of a client's host; 0 = unlimited, as for hosts of
   * `trustedAddresses`.
   *
   * @param address - Numeric address of a client.
   */
  connectionLimitOf(address: string): number {
    const { maxConnectionsPerAddress, trustedAddresses } = this.#options
    return trustedAddresses.has(address) ? 0 : maxConnectionsPerAddress
  }

  /** Open connections that speak RTSP, in the order in which they were opened; later changes are visible. */
  get connections(): PublicList<ConnectionInfo<Data>> {
    return this.#connections.list as PublicList<ConnectionInfo> as PublicList<ConnectionInfo<Data>>
  }

  /** Media that are served, publications among them, until their sources are closed. */
  get media(): PublicList<MediaInfo> {
    return this.#media.list
  }

  /**
   * Reads a path inside the process: access units of all tracks, in the order of their arrival,
   * without session and connection. A slow reader does not delay viewers: if too many packets wait
   * for it, further ones are left out up to a key frame.
   *
   * ```ts
   * for await (const { track, parts, isKeyFrame } of server.read('/live/door', { signal })) …
   * ```
   *
   * A path is read as viewers read it: the reader starts the source, and keeps the media alive. A media of
   * {@link media} is observed: the reader neither starts it nor keeps it alive.
   *
   * @param target - Decoded path, and after a `?` the query; or a media of this server.
   * @returns Ends with the media; leave the loop, or abort `signal`, to end it before.
   * @throws {RangeError | TypeError} When an option is invalid. The iteration throws `RequestError`
   * `ERR_NOT_FOUND` when nothing is mounted at the path or the media has ended,
   * `ERR_MEDIA_UNAVAILABLE` when the source fails, and the reason of `signal`.
   */
  read(target: string | MediaInfo, options: ReadOptions = {}): AsyncIterableIterator<AccessUnit> {
    if (typeof target !== 'object' || target === null) checkText('path', target)
    return readMedia(this.#context, target, resolveReadOptions(options))
  }

  /**
   * Reads a path inside the process like {@link read}, for programs that use the bytes of each access unit at once, such
   * as recorders. Costs less CPU and memory than {@link read}, because the memory of a unit is used again for the next.
   *
   * ```ts
   * await server.readEach('/live/door', ({ parts }) => void file.write(Buffer.concat(parts)), { signal })
   * ```
   *
   * @param target - As for {@link read}.
   * @param visit - Called with each access unit as soon as its last packet arrives: viewers wait until the function
   * returns. While a promise that it has returned is pending, packets wait as for a slow reader, and no viewer waits.
   * @returns A promise that resolves when the media has ended. It rejects with the error of `visit`, the reason of
   * `signal`, or the errors of {@link read}.
   * @throws {RangeError | TypeError} When an argument is invalid.
   */
  readEach(target: string | MediaInfo, visit: UnitVisit, options: ReadOptions = {}): Promise<void> {
    if (typeof target !== 'object' || target === null) checkText('path', target)
    if (typeof visit !== 'function') {
      throw new TypeError(`visit must be a function, got ${kindOf(visit)}`)
    }
    return visitMedia(this.#context, target, visit, resolveReadOptions(options))
  }

  stats(): RtspServerStats {
    const rejected = this.#udp?.rejected ?? { rtp: 0, rtcp: 0 }
    return {
      connections: this.#connections.list.size + this.#door.waitingCount,
      refusedConnections: this.#door.refusedCount,
      bannedConnections: this.#door.bannedCount,
      sessions: this.pool.size,
      media: this.#media.list.size,
      udpPeers: this.#udp?.peerCount ?? 0,
      rejectedRtp: rejected.rtp,
      rejectedRtcp: rejected.rtcp,
      ...this.#connections.channelCounts,
      sendErrors: this.#udp?.sendErrors ?? 0,
      fragmentedPackets: this.#udp?.fragmentedPackets ?? 0,
      oversizedPackets: this.#udp?.oversizedPackets ?? 0,
      unicast: this.#sessions.traffic,
      gopCache: { bytes: this.#cacheBudget.bytes, givenUp: this.#cacheBudget.givenUp },
      multicast: { ...noMulticast, ...this.#udp?.multicastStats },
      sendPaths: {
        tcp: this.#options.native ? 'send' : 'stream',
        udp: this.#udp?.sendPath ?? 'none',
      },
      sendThreads: (this.#threads?.threads ?? []).map(sendThreadStats),
      pressure: this.#guard.pressure,
      tls: this.#door.tlsStats,
      auth: this.#authenticator?.stats(),
    }
  }

  /** True while at least one caller of {@link drain} wants all sessions to end. */
  get isDraining(): boolean {
    return this.#sessions.isDraining
  }

  /**
   * Ends all sessions one after the other before the server is closed, publishers last, with reason
   * `drained`. DESCRIBE, ANNOUNCE and SETUP of new clients get 503. A second call may shorten the
   * time. {@link close} may be called at any moment.
   *
   * ```ts
   * await server.drain({ seconds: 20 })
   * await server.close()
   * ```
   *
   * @returns Resolves when no session is left. Rejects with the reason of `signal`. When the
   * signals of all callers have aborted, the server accepts new clients again.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    return this.#sessions.drain(options)
  }

  /**
   * Adopts a session that the application has created in the pool, and serves over a transport of
   * its own. {@link drain} and {@link close} end it like the others. The bytes that wait for its
   * client count as load of the server. Under overload, the sessions with the most waiting bytes
   * end with reason `overload`.
   *
   * @throws {RequestError} `ERR_SERVER_CLOSING` if the server is closing.
   * @throws {TypeError} If the session is not in the pool of this server.
   */
  adopt(session: Session<Data>, client: AdoptedClient): void {
    const adopted = session as unknown as Session
    const connection = adoptedConnection(adopted, client)
    this.#sessions.adopt(adopted, () => this.#guard.remove(connection))
    this.#guard.add(connection)
  }

  /**
   * Closes the server: ends all sessions (with an RTCP BYE), connections and media, and closes the
   * ports. Idempotent.
   *
   * A pool of your own stays open, without the sessions of this server. Mounted factories are
   * closed, which ends their media for viewers of other servers too: give each server factories of
   * its own.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #listen(): Promise<void> {
    const { udpPorts, native, maxDatagramBytes } = this.#options
    await this.#door.open()
    try {
      const { address } = this.#door.address ?? this.tlsAddress()
      if (udpPorts) {
        const sending = { native, threads: this.#threads, maxDatagramBytes }
        this.#udp = await UdpPorts.open({ ports: udpPorts, address, ...sending })
      }
      if (sendThreadDefaults.startsEarly) await this.#threads?.start()
      this.#watch = this.pool.startCleanup()
      this.#sessions.start()
    } catch (error) {
      this.#connections.destroy()
      await this.#door.close()
      await this.#threads?.close()
      await this.#udp?.close()
      throw error
    }
  }

  async #close(): Promise<void> {
    // Ports that are still being opened can be closed only afterwards.
    await this.#listening?.catch(() => {})
    const closed = this.#door.close()
    if (this.#options.ownsPool) this.pool.close()
    this.#sessions.stop()
    this.#guard.stop()
    this.#watch?.close()
    const factories = [...this.mounts].map(([, factory]) => factory)
    this.#authenticator?.close()
    await Promise.all([
      closed,
      this.#connections.close(),
      ...factories.map((factory) => factory.close()),
      this.#media.close(),
    ])
    // A request under way may have created another media.
    await this.#media.close()
    // A thread has a duplicate of the socket, and keeps its port.
    await this.#threads?.close()
    await this.#udp?.close()
  }

  get #options(): ResolvedRtspServerOptions {
    return this.#live.resolved
  }

  /** Returns the listener that emits the events of all connections as events of this server. */
  #connectionsListener(): ConnectionsListener {
    return {
      opened: (connection) => {
        this.#guard.add(connection)
        this.#tell('connectionOpened', connection)
      },
      closed: (connection) => {
        this.#guard.remove(connection)
        this.#sessions.connectionClosed(connection)
        this.#tell('connectionClosed', connection)
      },
      requestAnswered: (request, statusCode, milliseconds, connection) => {
        // Most servers have no listener, and many requests.
        if (this.listenerCount('requestAnswered') === 0) return
        this.#tell('requestAnswered', request, { statusCode, milliseconds }, connection)
      },
      requestFailed: (error, request, connection) => this.#tellFailed(error, request, connection),
      requestRefused: (error, request, connection) =>
        this.#tell('requestRefused', error, request, connection),
      messageRefused: (error, connection) => this.#tell('messageRefused', error, connection),
    }
  }

  /**
   * Emits an event. Inside the server, sessions have no type for their data, so the arguments are
   * cast here.
   */
  #tell<K extends keyof RtspServerEvents>(event: K, ...args: RtspServerEvents[K]): void {
    tell(this as unknown as EventEmitter<RtspServerEvents>, event, ...args)
  }

  #tellFailed(error: unknown, request: RtspRequest, connection: ConnectionInfo): void {
    if (this.listenerCount('requestFailed') > 0) {
      this.#tell('requestFailed', error, request, connection)
      return
    }
    // Omits the password and the query of the URI: the query may contain a token.
    const uri = request.uri.replace(/\/\/[^/?]*@/, '//').replace(/\?.*/s, '')
    const what = `${request.method} ${quoteReceived(uri)}`
    warnOnce(
      'RTSPOOL_REQUEST_FAILED',
      `${what} failed, and nothing listens to 'requestFailed'`,
      error,
    )
  }

  /** Applies changed options to the authenticator. Its counters and waiting requests stay. */
  #updateAuth(): void {
    const { auth, clock } = this.#options
    if (!auth) {
      this.#authenticator?.retire()
      this.#authenticator = undefined
    } else if (this.#authenticator) this.#authenticator.update(auth)
    else {
      const onRefused = (refusal: AccessRefusal) => {
        if (refusal.reason === 'wrong') this.pool.bans.noteFailedLogin(refusal.address)
        this.#tell('accessRefused', refusal)
      }
      this.#authenticator = new Authenticator(auth, clock, onRefused)
    }
  }
}

function notListening(how: string): never {
  throw new TypeError(`the server does not listen ${how}`)
}
