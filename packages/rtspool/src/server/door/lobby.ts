import type { Socket } from 'node:net'
import type { Clock, ClockTimer } from '../../clock.js'
import { MalformedMessageError } from '../../errors.js'
import { HttpHeadReader, protocolOf, type ReadHttpHead } from '../../http/index.js'
import type { Arrival } from './arrival.js'
import { refuseHttp } from './http-refusal.js'

/**
 * Milliseconds for a client to send its first byte, and to complete the head of an HTTP request.
 */
const maxFirstBytesMs = 10_000

/** Socket events that end a connection before its protocol is known. */
const endings = ['end', 'timeout', 'error', 'close']

/** Functions that receive a connection as soon as its protocol is known. */
export interface LobbyExits {
  /**
   * Called for a connection that uses RTSP.
   *
   * @param first - Bytes that were read already.
   */
  rtsp(arrival: Arrival, first: Buffer): void
  /**
   * Called for a connection that uses HTTP. {@link Lobby.close} still closes the socket, until
   * {@link Lobby.leave} is called for it.
   */
  http(arrival: Arrival, request: ReadHttpHead): void
}

/**
 * Reads the first bytes of accepted connections until they show the protocol: RTSP or HTTP. The
 * decision is final. A connection that uses RTSP is passed on in the turn of its first byte.
 */
export class Lobby {
  readonly #clock: Clock
  readonly #options: { readonly idleTimeoutMs: number }
  readonly #exits: LobbyExits
  readonly #sockets = new Set<Socket>()

  /**
   * Creates an empty lobby.
   *
   * @param options - `idleTimeoutMs`: milliseconds of silence after which a connection is closed,
   * if shorter than the time for the first byte; 0 = none. Read for each connection.
   */
  constructor(clock: Clock, options: { readonly idleTimeoutMs: number }, exits: LobbyExits) {
    this.#clock = clock
    this.#options = options
    this.#exits = exits
  }

  get size(): number {
    return this.#sockets.size
  }

  /**
   * Waits for the first bytes of a connection, which show its protocol, and then passes the connection on.
   *
   * @param first - Bytes of the connection that were read already.
   */
  enter(arrival: Arrival, first: Buffer | undefined): void {
    const { socket } = arrival
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    const { idleTimeoutMs } = this.#options
    if (idleTimeoutMs < maxFirstBytesMs) socket.setTimeout(idleTimeoutMs)
    const visitor = new Visitor(socket, this.#clock, {
      rtsp: (bytes) => {
        this.leave(socket)
        this.#exits.rtsp(arrival, bytes)
      },
      http: (request) => this.#exits.http(arrival, request),
    })
    if (first) visitor.receive(first)
  }

  /** Removes a connection's socket from the lobby. Another object owns and closes the socket from now on. */
  leave(socket: Socket): void {
    this.#sockets.delete(socket)
  }

  /** Closes all connections whose protocol is not known yet. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}

/**
 * Functions that receive the bytes of a {@link Visitor}, a connection of unknown protocol, as soon as the protocol is
 * known.
 */
interface VisitorExits {
  rtsp(first: Buffer): void
  http(request: ReadHttpHead): void
}

/** A socket whose protocol is not known yet, and the bytes that it has received so far. */
class Visitor {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #exits: VisitorExits
  readonly #deadline: ClockTimer
  #undecided: Buffer | undefined
  #head: HttpHeadReader | undefined

  constructor(socket: Socket, clock: Clock, exits: VisitorExits) {
    this.#socket = socket
    this.#clock = clock
    this.#exits = exits
    this.#deadline = clock.schedule(this.#cutOff, maxFirstBytesMs, false)
    socket.on('data', this.receive)
    for (const event of endings) socket.on(event, this.#cutOff)
  }

  readonly #cutOff = (): void => {
    this.#deadline.cancel()
    this.#socket.destroy()
  }

  readonly receive = (chunk: Buffer): void => {
    if (this.#head) {
      this.#readHead(this.#head, chunk)
      return
    }
    const bytes = this.#undecided ? Buffer.concat([this.#undecided, chunk]) : chunk
    const protocol = protocolOf(bytes)
    if (protocol === 'http') {
      this.#head = new HttpHeadReader()
      this.#readHead(this.#head, bytes)
    } else if (protocol === 'rtsp') {
      this.#leave()
      this.#exits.rtsp(bytes)
    } else {
      this.#undecided = bytes
    }
  }

  #readHead(head: HttpHeadReader, chunk: Buffer): void {
    try {
      const request = head.push(chunk)
      if (!request) return
      this.#leave()
      this.#exits.http(request)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#leave()
      refuseHttp(this.#socket, 400, error.message, this.#clock)
    }
  }

  #leave(): void {
    this.#deadline.cancel()
    this.#socket.off('data', this.receive)
    for (const event of endings) this.#socket.off(event, this.#cutOff)
  }
}
