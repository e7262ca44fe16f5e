import type { MalformedMessageError, RtspError } from '../../errors.js'
import { PublicMap } from '../../public/public-map.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { NativeSockets } from '../../transport/system/native-sockets.js'
import { DirectSends } from '../../transport/tcp/direct-sends.js'
import { AcknowledgementMonitor } from '../liveness/acknowledgement-monitor.js'
import { BacklogMonitor } from '../liveness/backlog-monitor.js'
import type { ServerContext } from '../request/request-context.js'
import type { ConnectionCarrier } from './carrier.js'
import { Connection, type ConnectionOptions } from './connection.js'
import { RequestTurns } from './request-turns.js'

/** Values that are read when a connection opens. */
export interface OpenConnectionsOptions
  extends Pick<ConnectionOptions, 'idleTimeoutMs' | 'backlog'> {
  /** Longest time without reading or acknowledging, for the beginning; 0 = no limit. */
  readonly slowReaderTimeoutMs: number
  readonly native: NativeSockets | undefined
}

/** Receives the events of all connections of a server. */
export interface ConnectionsListener {
  opened(connection: Connection): void
  closed(connection: Connection): void
  /** A request failed through a fault of the server or the application. */
  requestFailed(error: unknown, request: RtspRequest, connection: Connection): void
  /** A request got an error response because of the client, or of a limit. */
  requestRefused(error: RtspError, request: RtspRequest, connection: Connection): void
  messageRefused(error: MalformedMessageError, connection: Connection): void
}

/** The open connections of a server. Drops clients that read or acknowledge nothing for too long. */
export class OpenConnections {
  readonly list = new PublicMap<Connection>()
  readonly #server: ServerContext
  readonly #options: OpenConnectionsOptions
  readonly #listener: ConnectionsListener
  readonly #turns = new RequestTurns()
  readonly #directSends: DirectSends | undefined
  readonly #backlogs: BacklogMonitor<Connection>
  /** Present if native calls cannot report acknowledged bytes. */
  readonly #acknowledgements: AcknowledgementMonitor<Connection> | undefined
  /** Frames on unknown channels of closed connections. */
  #unknownChannelFrames = 0

  constructor(
    server: ServerContext,
    options: OpenConnectionsOptions,
    listener: ConnectionsListener,
  ) {
    const { clock } = server
    const { slowReaderTimeoutMs, native } = options
    this.#server = server
    this.#options = options
    this.#listener = listener
    this.#directSends = native && new DirectSends(native)
    this.#backlogs = new BacklogMonitor(clock, slowReaderTimeoutMs, dropSlowReader)
    this.#acknowledgements = native
      ? undefined
      : new AcknowledgementMonitor(clock, slowReaderTimeoutMs, dropSlowReader)
  }

  /** Streams inside the connections, and frames that belonged to none. */
  get channelCounts(): { readonly channels: number; readonly unknownChannelFrames: number } {
    let channels = 0
    let unknownChannelFrames = this.#unknownChannelFrames
    for (const connection of this.list) {
      channels += connection.channels.size
      unknownChannelFrames += connection.channels.unknownChannelFrames
    }
    return { channels, unknownChannelFrames }
  }

  /** Applies to open connections as well. */
  set slowReaderTimeoutMs(maxAgeMs: number) {
    this.#backlogs.maxAgeMs = maxAgeMs
    if (this.#acknowledgements) this.#acknowledgements.maxAgeMs = maxAgeMs
  }

  /** @param first - Bytes that were read before the protocol was known. */
  open(carrier: ConnectionCarrier, first: Buffer | undefined): void {
    const listener = this.#listener
    const connection = new Connection(
      carrier,
      this.#server,
      {
        requestFailed: (error, request) => listener.requestFailed(error, request, connection),
        requestRefused: (error, request) => listener.requestRefused(error, request, connection),
        messageRefused: (error) => listener.messageRefused(error, connection),
        closed: (closed) => this.#closed(closed),
      },
      { ...this.#options, directSends: this.#directSends, turns: this.#turns },
    )
    this.list.add(connection)
    this.#backlogs.add(connection)
    this.#acknowledgements?.add(connection)
    listener.opened(connection)
    if (first) connection.receive(first)
  }

  /** Closes all at once. Queued bytes are lost. */
  destroy(): void {
    for (const connection of this.list) connection.destroy()
  }

  /** Closes all after their current responses. @returns Resolves when they are closed. */
  async close(): Promise<void> {
    const connections = [...this.list]
    for (const connection of connections) connection.close()
    await Promise.all(connections.map(({ closed }) => closed))
  }

  #closed(connection: Connection): void {
    this.list.delete(connection)
    this.#unknownChannelFrames += connection.channels.unknownChannelFrames
    this.#backlogs.remove(connection)
    this.#acknowledgements?.remove(connection)
    this.#listener.closed(connection)
  }
}

/** Sends no RTCP BYE: the client has stopped reading, so it would not arrive. */
function dropSlowReader(connection: Connection): void {
  for (const session of connection.sessions) {
    if (session.owner?.connection === connection) session.end('slowReader')
  }
  connection.destroy()
}
