import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { MountPoints } from '../media/mount-points.js'
import type { Publication } from '../media/publication.js'
import type { RtspRequest } from '../rtsp/index.js'
import type { RemovalReason, Session, SessionPool, SessionPoolWatch } from '../session/index.js'
import { UdpTransport } from '../transport/udp-transport.js'
import { Connection } from './connection.js'
import {
  type ResolvedRtspServerOptions,
  type RtspServerOptions,
  resolveRtspServerOptions,
} from './options.js'
import type { ServerContext } from './request-context.js'

export interface RtspServerEvents {
  connectionOpened: [connection: Connection]
  connectionClosed: [connection: Connection]
  /** A client has begun to record to a path; it can be played from now on. */
  publishStarted: [path: string]
  /** The publisher of a path is gone; its viewers have left. */
  publishEnded: [path: string]
  /** A request was answered with 5xx because something failed on this side. */
  requestFailed: [error: unknown, request: RtspRequest]
}

/** Counts of what a server holds at the moment. */
export interface RtspServerStats {
  readonly connections: number
  readonly sessions: number
  /** Peers that the UDP ports listen to. */
  readonly udpPeers: number
  /** Interleaved channels in use, over all connections. */
  readonly channels: number
}

/**
 * An RTSP server: it listens, maps paths to media, and keeps its sessions in a pool.
 *
 * ```ts
 * const server = new RtspServer({ port: 8554 })
 * server.mounts.allowPublish('/live/*')
 * await server.listen()
 * ```
 *
 * @see GstRTSPServer
 */
export class RtspServer extends EventEmitter<RtspServerEvents> {
  readonly mounts = new MountPoints()
  readonly pool: SessionPool
  readonly #options: ResolvedRtspServerOptions
  readonly #connections = new Set<Connection>()
  #listener: Server | undefined
  #udp: UdpTransport | undefined
  #watch: SessionPoolWatch | undefined
  #closing: Promise<void> | undefined

  constructor(options: RtspServerOptions = {}) {
    super()
    this.#options = resolveRtspServerOptions(options)
    this.pool = this.#options.pool
  }

  /**
   * Takes the ports and begins to serve.
   *
   * @throws The error of `listen` (`EADDRINUSE`, `EACCES`, …), or `TransportError` `ERR_UDP_PORTS_TAKEN`.
   */
  async listen(): Promise<void> {
    if (this.#listener || this.#closing) throw new TypeError('the server has been started already')
    const { port, host, udpPorts, maxConnections } = this.#options
    const listener = createServer((socket) => this.#accept(socket))
    if (maxConnections > 0) listener.maxConnections = maxConnections
    this.#listener = listener
    try {
      const listening = once(listener, 'listening')
      listener.listen({ port, ...(host === undefined ? {} : { host }) })
      await listening
      if (udpPorts)
        this.#udp = await UdpTransport.open({ ports: udpPorts, address: this.address().address })
    } catch (error) {
      this.#listener = undefined
      listener.close()
      throw error
    }
    this.pool.on('sessionRemoved', this.#onSessionRemoved)
    this.#watch = this.pool.startCleanup()
  }

  /**
   * Where the server listens.
   *
   * @throws {TypeError} When it does not.
   */
  address(): AddressInfo {
    const address = this.#listener?.address()
    if (address && typeof address === 'object') return address
    throw new TypeError('the server does not listen')
  }

  stats(): RtspServerStats {
    let channels = 0
    for (const connection of this.#connections) channels += connection.channels.size
    return {
      connections: this.#connections.size,
      sessions: this.pool.size,
      udpPeers: this.#udp?.peerCount ?? 0,
      channels,
    }
  }

  /**
   * Ends everything: sessions leave (with an RTCP BYE), connections and ports are closed, media end. Idempotent.
   * A pool of your own stays open, without the sessions of this server.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const listener = this.#listener
    const closed = listener?.listening ? once(listener, 'close') : undefined
    listener?.close()
    if (this.#options.ownsPool) this.pool.close()
    for (const connection of this.#connections) {
      for (const session of [...connection.sessions]) session.end('poolClosed')
    }
    this.#watch?.close()
    this.pool.off('sessionRemoved', this.#onSessionRemoved)
    const closing = [...this.#connections].map((connection) => {
      connection.close()
      return connection.closed
    })
    await Promise.all([...this.mounts].map(([, factory]) => factory.close()))
    await Promise.all(closing)
    await closed
    await this.#udp?.close()
  }

  #accept(socket: Socket): void {
    const connection = new Connection(
      socket,
      this.#context(),
      {
        requestFailed: (error, request) => this.emit('requestFailed', error, request),
        closed: (closed) => this.#connectionClosed(closed),
      },
      this.#options.idleTimeoutMs,
    )
    this.#connections.add(connection)
    this.emit('connectionOpened', connection)
  }

  #context(): ServerContext {
    return {
      clock: this.#options.clock,
      pool: this.pool,
      mounts: this.mounts,
      udp: this.#udp,
      publicationStarted: ({ path }: Publication) => this.emit('publishStarted', path),
      publicationEnded: ({ path, media }: Publication) => {
        if (media) this.emit('publishEnded', path)
      },
    }
  }

  #connectionClosed(connection: Connection): void {
    this.#connections.delete(connection)
    for (const session of [...connection.sessions]) {
      if (session.owner?.connection !== connection) continue
      if (this.#options.onConnectionClosed === 'end') session.end('connectionClosed')
      else this.#keep(session)
    }
    this.emit('connectionClosed', connection)
  }

  /** The session stays without transports: it can be set up again on another connection of its owner. */
  #keep(session: Session): void {
    for (const held of session.filter()) {
      for (const index of [...held.transports.keys()]) held.removeTransport(index)
    }
    session.bindConnection(undefined)
    session.state = 'Ready'
  }

  readonly #onSessionRemoved = (session: Session, reason: RemovalReason): void => {
    const bound = session.owner?.connection
    for (const connection of bound instanceof Connection ? [bound] : this.#connections) {
      if (connection.sessions.has(session)) {
        connection.sessionRemoved(session, reason, bound === connection)
      }
    }
  }
}
