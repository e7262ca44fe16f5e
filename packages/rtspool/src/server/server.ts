import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { MountPoints } from '../media/mount-points.js'
import type { RtspRequest } from '../rtsp/index.js'
import type { SessionPool, SessionPoolWatch } from '../session/index.js'
import { UdpTransport } from '../transport/udp-transport.js'
import { BacklogMonitor } from './backlog-monitor.js'
import { Connection } from './connection.js'
import {
  type ResolvedRtspServerOptions,
  type RtspServerOptions,
  resolveRtspServerOptions,
} from './options.js'
import type { ServerContext } from './request-context.js'
import type { RtspServerStats } from './server-stats.js'
import { SessionHomes } from './session-homes.js'

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
  readonly #backlogs: BacklogMonitor<Connection>
  readonly #homes: SessionHomes
  readonly #context: ServerContext
  #listening: Promise<void> | undefined
  #listener: Server | undefined
  #udp: UdpTransport | undefined
  #watch: SessionPoolWatch | undefined
  #closing: Promise<void> | undefined

  constructor(options: RtspServerOptions = {}) {
    super()
    this.#options = resolveRtspServerOptions(options)
    this.pool = this.#options.pool
    const { clock, slowReaderTimeoutMs } = this.#options
    this.#backlogs = new BacklogMonitor(clock, slowReaderTimeoutMs, dropSlowReader)
    this.#homes = new SessionHomes(this.pool, this.#options.onConnectionClosed)
    this.#context = this.#makeContext()
  }

  /**
   * Takes the ports and begins to serve.
   *
   * @throws The error of `listen` (`EADDRINUSE`, `EACCES`, …), or `TransportError` `ERR_UDP_PORTS_TAKEN`.
   */
  listen(): Promise<void> {
    if (this.#listening || this.#closing) throw new TypeError('the server has been started already')
    this.#listening = this.#listen().catch((error) => {
      this.#listening = undefined
      throw error
    })
    return this.#listening
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
      sendPaths: {
        tcp: this.#options.native ? 'send' : 'stream',
        udp: this.#udp?.sendPath ?? 'none',
      },
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

  async #listen(): Promise<void> {
    const { port, host, udpPorts, maxConnections, native } = this.#options
    const listener = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
    if (maxConnections > 0) listener.maxConnections = maxConnections
    const listening = once(listener, 'listening')
    listener.listen({ port, ...(host === undefined ? {} : { host }) })
    await listening
    this.#listener = listener
    try {
      if (udpPorts) {
        const { address } = this.address()
        this.#udp = await UdpTransport.open({ ports: udpPorts, address, native })
      }
      this.#watch = this.pool.startCleanup()
      this.#homes.start()
    } catch (error) {
      this.#listener = undefined
      listener.close()
      for (const connection of this.#connections) connection.destroy()
      await this.#udp?.close()
      throw error
    }
  }

  async #close(): Promise<void> {
    // Ports that are being taken can be given back only when they are there.
    await this.#listening?.catch(() => {})
    const listener = this.#listener
    const closed = listener?.listening ? once(listener, 'close') : undefined
    listener?.close()
    if (this.#options.ownsPool) this.pool.close()
    this.#homes.stop()
    this.#watch?.close()
    const factories = [...this.mounts].map(([, factory]) => factory)
    const connections = [...this.#connections]
    for (const connection of connections) connection.close()
    await Promise.all(factories.map((factory) => factory.close()))
    await Promise.all(connections.map((connection) => connection.closed))
    await closed
    await this.#udp?.close()
  }

  #accept(socket: Socket): void {
    const connection = new Connection(
      socket,
      this.#context,
      {
        requestFailed: (error, request) => this.emit('requestFailed', error, request),
        closed: (closed) => {
          this.#connections.delete(closed)
          this.#backlogs.remove(closed)
          this.#homes.connectionClosed(closed)
          this.emit('connectionClosed', closed)
        },
      },
      this.#options,
    )
    this.#connections.add(connection)
    this.#backlogs.add(connection)
    this.emit('connectionOpened', connection)
  }

  #makeContext(): ServerContext {
    return {
      clock: this.#options.clock,
      pool: this.pool,
      mounts: this.mounts,
      udp: () => this.#udp,
      homes: this.#homes,
      gopCache: this.#options.gopCache,
      publicationStarted: ({ path }) => this.emit('publishStarted', path),
      publicationEnded: ({ path }) => this.emit('publishEnded', path),
    }
  }
}

/** Whoever takes nothing any more hears no goodbye either. */
function dropSlowReader(connection: Connection): void {
  for (const session of connection.sessions) {
    if (session.owner?.connection === connection) session.end('slowReader')
  }
  connection.destroy()
}
