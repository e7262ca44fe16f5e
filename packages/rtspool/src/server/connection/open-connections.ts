import type { MalformedMessageError, RtspError } from '../../errors.js'
import { PublicMap } from '../../public/public-map.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { NativeSockets } from '../../transport/system/native-sockets.js'
import { DirectSends } from '../../transport/tcp/direct-sends.js'
import { SpacedReads } from '../../transport/tcp/spaced-reads.js'
import type { SendThreads } from '../../transport/threads/send-threads.js'
import { AcknowledgementMonitor } from '../liveness/acknowledgement-monitor.js'
import { BacklogMonitor } from '../liveness/backlog-monitor.js'
import type { ServerContext } from '../request/request-context.js'
import type { ConnectionCarrier } from './carrier.js'
import { Connection, type ConnectionOptions } from './connection.js'
import { RequestTurns } from './request-turns.js'

/** Options of a server for new connections, read each time a connection opens. */
export interface OpenConnectionsOptions
  extends Pick<ConnectionOptions, 'idleTimeoutMs' | 'backlog'> {
  /**
   * Maximum time in milliseconds in which a client reads or acknowledges nothing, until it is set anew; 0 = no limit.
   */
  readonly slowReaderTimeoutMs: number
  readonly native: NativeSockets | undefined
}

/** Receives the events of all connections of a server. */
export interface ConnectionsListener {
  opened(connection: Connection): void
  closed(connection: Connection): void
  /** Called when a request has a response, with the milliseconds that it took. */
  requestAnswered(
    request: RtspRequest,
    statusCode: number,
    milliseconds: number,
    connection: Connection,
  ): void
  /** Called when a request has failed through a fault of the server or the application. */
  requestFailed(error: unknown, request: RtspRequest, connection: Connection): void
  /** Called when a request got an error response because of the client, or of a limit. */
  requestRefused(error: RtspError, request: RtspRequest, connection: Connection): void
  messageRefused(error: MalformedMessageError, connection: Connection): void
}

/** The open connections of a server. Drops clients that read or acknowledge nothing for too long. */
export class OpenConnections {
  readonly list = new PublicMap<Connection>()
  readonly #server: ServerContext
  readonly #options: OpenConnectionsOptions
  readonly #listener: ConnectionsListener
  readonly #turns: RequestTurns
  readonly #directSends: DirectSends | undefined
  readonly #spacedReads: SpacedReads | undefined
  readonly #backlogs: BacklogMonitor<Connection>
  /**
   * Detects clients that acknowledge no TCP bytes. `undefined` if the system itself reports
   * acknowledged bytes.
   */
  readonly #acknowledgements: AcknowledgementMonitor<Connection> | undefined
  /** Number of interleaved frames on channels that no SETUP has used, summed over closed connections. */
  #unknownChannelFrames = 0

  constructor(
    server: ServerContext,
    options: OpenConnectionsOptions,
    listener: ConnectionsListener,
    threads: SendThreads | undefined,
  ) {
    const { clock } = server
    const { slowReaderTimeoutMs, native } = options
    this.#server = server
    this.#options = options
    this.#listener = listener
    this.#turns = new RequestTurns(clock)
    this.#directSends = native && new DirectSends(native, threads)
    this.#spacedReads = native && new SpacedReads(clock, native)
    this.#backlogs = new BacklogMonitor(clock, slowReaderTimeoutMs, dropSlowReader)
    this.#acknowledgements = native
      ? undefined
      : new AcknowledgementMonitor(clock, slowReaderTimeoutMs, dropSlowReader)
  }

  /**
   * Number of interleaved channels in use by open connections, and of received frames whose channel
   * was not set up.
   */
  get channelCounts(): { readonly channels: number; readonly unknownChannelFrames: number } {
    let channels = 0
    let unknownChannelFrames = this.#unknownChannelFrames
    for (const connection of this.list) {
      channels += connection.channels.size
      unknownChannelFrames += connection.channels.unknownChannelFrames
    }
    return { channels, unknownChannelFrames }
  }

  /**
   * Sets the maximum time in milliseconds in which a client reads or acknowledges nothing; 0 = no
   * limit. Applies to open connections as well.
   */
  set slowReaderTimeoutMs(maxAgeMs: number) {
    this.#backlogs.maxAgeMs = maxAgeMs
    if (this.#acknowledgements) this.#acknowledgements.maxAgeMs = maxAgeMs
  }

  /**
   * Opens a connection on an accepted stream, and serves it until it closes. @param first - Bytes that were read
   * before the protocol was known
   */
  open(carrier: ConnectionCarrier, first: Buffer | undefined): void {
    const listener = this.#listener
    // Written out: a spread would copy all options of the server for each connection.
    const { idleTimeoutMs, backlog } = this.#options
    const connection = new Connection(
      carrier,
      this.#server,
      {
        requestAnswered: (request, statusCode, milliseconds) =>
          listener.requestAnswered(request, statusCode, milliseconds, connection),
        requestFailed: (error, request) => listener.requestFailed(error, request, connection),
        requestRefused: (error, request) => listener.requestRefused(error, request, connection),
        messageRefused: (error) => listener.messageRefused(error, connection),
        closed: (closed) => this.#closed(closed),
      },
      {
        idleTimeoutMs,
        backlog,
        directSends: this.#directSends,
        spacedReads: this.#spacedReads,
        turns: this.#turns,
      },
    )
    this.list.add(connection)
    this.#backlogs.add(connection)
    this.#acknowledgements?.add(connection)
    listener.opened(connection)
    if (first) connection.receive(first)
  }

  /** Closes all connections at once; unsent bytes are lost. */
  destroy(): void {
    for (const connection of this.list) connection.destroy()
  }

  /**
   * Closes all connections after their current responses.
   *
   * @returns Resolves when they are closed.
   */
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

/**
 * Ends the sessions of a client that has stopped reading, and destroys its connection. Sends no
 * RTCP BYE, because the client would not receive it.
 */
function dropSlowReader(connection: Connection): void {
  for (const session of connection.sessions) {
    if (session.owner?.connection === connection) session.end('slowReader')
  }
  connection.destroy()
}
