import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import type { SessionPool } from '../../session-pool/index.js'
import { endsOf } from '../../transport/tcp/tcp-ends.js'
import { type ConnectionCarrier, socketCarrier } from '../connection/carrier.js'
import { type AcceptedConnection, arrivalOf } from './accepted-connection.js'
import type { Arrival } from './arrival.js'
import { ConnectionLimits, type ConnectionLimitsOptions } from './connection-limits.js'
import { HttpDoor } from './http-door.js'
import { Lobby } from './lobby.js'
import { ProxyDoor, type ProxyDoorOptions } from './proxy-door.js'
import { TlsListener } from './tls-listener.js'
import type { ResolvedTlsOptions, TlsCertificate } from './tls-options.js'
import type { TunnelHook } from './tunnel-hook.js'

/** Limits for the connections of all ports together. */
export interface FrontDoorOptions extends ConnectionLimitsOptions, ProxyDoorOptions {
  readonly port: number | false
  readonly host: string | undefined
  readonly tls: ResolvedTlsOptions | undefined
  readonly idleTimeoutMs: number
  readonly httpTunnel: boolean | TunnelHook
  readonly webSocket: boolean | 'ifInstalled'
  readonly allowedOrigins: ReadonlySet<string>
  /** Session pool whose bans of addresses apply to new connections. */
  readonly pool: Pick<SessionPool, 'bans'>
  readonly clock: Clock
}

/** Counts of unfinished TLS handshakes, and the end of the certificate's validity. */
export interface RtspServerTlsStats {
  /** Number of unfinished TLS handshakes. */
  readonly pendingHandshakes: number
  /** Time at which the certificate expires, in milliseconds since 1970. */
  readonly certificateExpiresAt: number
}

/**
 * Options of accepted sockets. Reading stops as soon as one byte is unread. Further bytes wait in
 * the kernel, and at most one read in this process.
 */
const socketOptions = Object.freeze({ highWaterMark: 1 })

/**
 * Function that receives an accepted connection, and the bytes that were read already to detect its
 * protocol.
 */
export type OnCarrier = (carrier: ConnectionCarrier, first: Buffer | undefined) => void

/**
 * Accepts connections on the ports with and without TLS, limits their number, and distinguishes
 * RTSP from tunnels. The server (`onCarrier`) receives and owns each accepted connection.
 *
 * ```text
 * plain ────────────▶ Lobby ─┬─ RTSP ─────────────────────▶ onCarrier
 * TLS ─▶ handshake ─▶        └─ HTTP ─┬─ tunnel, WebSocket ─▶
 *                                     └─ anything else: refused
 * ```
 *
 * Connections of trusted proxies begin with a PROXY header, in front of a handshake as well.
 */
export class FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #onCarrier: OnCarrier
  /**
   * Detects the protocol of each connection; `undefined` without tunnels and WebSockets, because
   * all connections are then RTSP.
   */
  readonly #lobby: Lobby | undefined
  readonly #http: HttpDoor | undefined
  readonly #plain: Server | undefined
  readonly #tls: TlsListener | undefined
  readonly #limits: ConnectionLimits
  readonly #proxies: ProxyDoor
  #banned = 0

  constructor(options: FrontDoorOptions, onCarrier: OnCarrier) {
    this.#options = options
    this.#onCarrier = onCarrier
    this.#limits = new ConnectionLimits(options)
    this.#proxies = new ProxyDoor(options)
    if (options.httpTunnel || options.webSocket) {
      const lobby = new Lobby(options.clock, options, {
        rtsp: ({ socket, ends }, first) => onCarrier(socketCarrier(socket, ends), first),
        http: (arrival, request) => this.#http?.take(arrival, request),
      })
      this.#lobby = lobby
      this.#http = new HttpDoor(options, {
        taken: (socket) => lobby.leave(socket),
        opened: (carrier) => onCarrier(carrier, undefined),
      })
    }
    const { port, tls, clock } = options
    if (port !== false) {
      this.#plain = createServer({ ...socketOptions, allowHalfOpen: true }, (socket) => {
        this.#admit(socket, (arrival, first) => this.#enter(arrival, first))
      })
    }
    this.#tls =
      tls &&
      new TlsListener(
        tls,
        clock,
        (socket, begin) => this.#admit(socket, begin),
        (arrival, raw) => {
          this.#limits.rename(raw, arrival.socket)
          this.#enter(arrival)
        },
      )
  }

  /**
   * Number of accepted connections that are not served yet. Their protocol is unknown, their tunnel
   * is incomplete, or their proxy has not sent its header.
   */
  get waitingCount(): number {
    return this.#proxies.size + (this.#lobby?.size ?? 0)
  }

  /** Number of connections closed at once because of a limit, so far. */
  get refusedCount(): number {
    return this.#limits.refused
  }

  /** Number of connections closed at once because of a ban, so far. */
  get bannedCount(): number {
    return this.#banned
  }

  /** Address on which the server listens without TLS; `undefined` if it does not. */
  get address(): AddressInfo | undefined {
    return addressOf(this.#plain)
  }

  /** Address on which the server listens with TLS; `undefined` if it does not. */
  get tlsAddress(): AddressInfo | undefined {
    return addressOf(this.#tls?.server)
  }

  get tlsStats(): RtspServerTlsStats | undefined {
    const tls = this.#tls
    return tls && { pendingHandshakes: tls.pendingHandshakes, certificateExpiresAt: tls.expiresAt }
  }

  /**
   * Opens all ports of the server. After an error, none stays open.
   *
   * @throws The error of `listen`, or `ERR_WEB_SOCKET_PACKAGE`.
   */
  async open(): Promise<void> {
    const { port, host, tls } = this.#options
    await this.#http?.open()
    try {
      if (this.#plain && port !== false) await listen(this.#plain, port, host)
      if (this.#tls && tls) await listen(this.#tls.server, tls.port, tls.host)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /**
   * Uses another certificate for new connections.
   *
   * @throws {TypeError} If the server has no TLS.
   * @throws {TransportError} `ERR_TLS_CERTIFICATE`; the present certificate then stays in use.
   */
  reloadCertificate(certificate: TlsCertificate): void {
    if (!this.#tls) throw new TypeError('the server has no tls to reload a certificate of')
    this.#tls.reload(certificate)
  }

  /**
   * Stops accepting connections, and closes those whose protocol is not known yet.
   *
   * @returns Resolves when the ports are free and the last accepted connection has closed.
   */
  async close(): Promise<void> {
    const servers = [this.#plain, this.#tls?.server].filter((server) => server?.listening)
    const closed = servers.map((server) => server && once(server, 'close'))
    for (const server of servers) server?.close()
    this.#tls?.destroyPending()
    this.#proxies.close()
    this.#lobby?.close()
    await Promise.all(closed)
  }

  /** Accepts a connection of another port than those of the server. Bans and limits apply to it. */
  accept(socket: Socket, connection: AcceptedConnection): void {
    const arrival = arrivalOf(socket, connection)
    if (this.#count(socket, arrival.ends.remoteAddress)) this.#enter(arrival, connection.first)
  }

  /**
   * Passes a connection to `passOn` once the address of its client is known. Destroys the socket if
   * the address is banned or a limit is reached.
   */
  #admit(socket: Socket, passOn: (arrival: Arrival, first?: Buffer) => void): void {
    const ends = endsOf(socket)
    // A client that has reset the connection already has no address.
    if (ends.remoteAddress === '') {
      socket.destroy()
      return
    }
    if (!this.#proxies.isProxy(ends)) {
      if (this.#count(socket, ends.remoteAddress)) passOn({ socket, ends })
      return
    }
    const giveBack = this.#limits.takeForProxy(ends.remoteAddress)
    if (!giveBack) {
      socket.destroy()
      return
    }
    socket.on('close', giveBack)
    this.#proxies.enter(socket, (arrival, first) => {
      socket.off('close', giveBack)
      giveBack()
      if (this.#count(socket, arrival.ends.remoteAddress)) passOn(arrival, first)
    })
  }

  #count(socket: Socket, address: string): boolean {
    if (this.#options.pool.bans.hit({ address })) {
      this.#banned++
      socket.destroy()
      return false
    }
    const isCounted = this.#limits.hold(socket, address)
    if (!isCounted) socket.destroy()
    return isCounted
  }

  #enter(arrival: Arrival, first?: Buffer): void {
    if (this.#lobby) this.#lobby.enter(arrival, first)
    else this.#onCarrier(socketCarrier(arrival.socket, arrival.ends), first)
  }
}

async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  const listening = once(server, 'listening')
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  await listening
}

function addressOf(server: Server | undefined): AddressInfo | undefined {
  const address = server?.address()
  return address && typeof address === 'object' ? address : undefined
}
