import type { Socket } from 'node:net'
import type { ClockTimer } from '../clock.js'
import { MalformedMessageError, RtspError } from '../errors.js'
import type { Publication } from '../media/publication.js'
import {
  parseCSeq,
  RtspHeaders,
  RtspParser,
  type RtspParserSink,
  type RtspRequest,
  serializeResponse,
} from '../rtsp/index.js'
import type { RemovalReason, Session, SessionOwner } from '../session/index.js'
import { ChannelTable } from '../transport/interleaved.js'
import { errorReply } from './error-reply.js'
import { dispatch } from './handlers/index.js'
import type { ConnectionContext, Reply, ServerContext } from './request-context.js'

/** Requests that wait on one connection before it is read no further (RFC 7826 section 10.2: 10 outstanding). */
const maxWaitingRequests = 16

/** How long a peer may take to read the rest of what was sent to it before the connection is cut. */
const closeGraceMs = 1000

/** What the server wants to hear of a connection. */
export interface ConnectionListener {
  /** A request failed for a reason that is not the client's: a fault of ours or of the application. */
  requestFailed(error: unknown, request: RtspRequest): void
  closed(connection: Connection): void
}

/**
 * One RTSP connection: bytes in, answers out, strictly in the order of the requests. It alone turns an error
 * into a response.
 *
 * ```text
 * socket ─▶ parser ─┬─ request ──▶ queue ─▶ dispatch ─▶ response ─▶ socket
 *                   ├─ frame ────▶ channel table ─▶ stream
 *                   └─ response ─▶ ignored
 * ```
 */
export class Connection implements ConnectionContext, RtspParserSink {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAuthority: string
  readonly channels = new ChannelTable()
  readonly sessions = new Set<Session>()
  publication: Publication | undefined
  described: ConnectionContext['described']

  readonly #server: ServerContext
  readonly #listener: ConnectionListener
  readonly #socket: Socket
  readonly #parser = new RtspParser(this)
  readonly #queue: RtspRequest[] = []
  #isProcessing = false
  #malformed: MalformedMessageError | undefined
  #isClosed = false
  #closeTimer: ClockTimer | undefined
  readonly #closed = deferred()

  constructor(
    socket: Socket,
    server: ServerContext,
    listener: ConnectionListener,
    idleTimeoutMs: number,
  ) {
    this.#socket = socket
    this.#server = server
    this.#listener = listener
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAuthority = authorityOf(plainAddress(socket.localAddress), socket.localPort ?? 0)
    socket.setNoDelay(true)
    socket.setTimeout(idleTimeoutMs)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('timeout', () => this.#idle())
    // The peer has gone; 'close' follows and tells.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#afterClose())
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  writeFrames(frames: Buffer): void {
    if (!this.#isClosed && this.#socket.writable) this.#socket.write(frames)
  }

  /** Sends what is queued, then closes; a peer that does not take it is cut off. Idempotent. */
  close(): void {
    this.#parser.close()
    this.#queue.length = 0
    this.#socket.destroySoon()
    if (this.#isClosed) return
    this.#closeTimer ??= this.#server.clock.schedule(() => this.destroy(), closeGraceMs, false)
  }

  /** Resolves when the connection is closed and has given everything back. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Closes at once; what is queued is lost. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** A session that was made here is gone. */
  sessionRemoved(session: Session, reason: RemovalReason, wasInterleaved: boolean): void {
    this.sessions.delete(session)
    // Clients take no notice of a BYE inside the connection; the end of the connection they do notice.
    const clientKnows = reason === 'teardown' || reason === 'connectionClosed'
    if (wasInterleaved && !clientKnows && this.sessions.size === 0) this.close()
  }

  request(request: RtspRequest): void {
    this.#queue.push(request)
    if (this.#queue.length >= maxWaitingRequests) this.#socket.pause()
  }

  response(): void {
    // We ask the client nothing: whatever it answers is of no interest (FFmpeg 5.1 answers without CSeq).
  }

  interleaved(channel: number, payload: Buffer): void {
    this.channels.dispatch(channel, payload)
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#malformed = error
    }
    if (!this.#isProcessing) void this.#process()
  }

  async #process(): Promise<void> {
    this.#isProcessing = true
    for (let request = this.#queue.shift(); request; request = this.#queue.shift()) {
      const replied = this.#answer(request)
      if (replied) await replied
      if (this.#queue.length === 0 && this.#socket.isPaused()) this.#socket.resume()
    }
    this.#isProcessing = false
    if (this.#malformed && !this.#isClosed) {
      this.#write(errorReply(this.#malformed), undefined)
      this.close()
    }
  }

  /** Answers one request; returns a promise only when its handler does. */
  #answer(request: RtspRequest): Promise<void> | undefined {
    try {
      const reply = dispatch({
        server: this.#server,
        connection: this,
        request,
        claimant: this.#claimant(),
      })
      if (!(reply instanceof Promise)) return this.#reply(request, reply)
      return reply.then(
        (settled) => this.#reply(request, settled),
        (error: unknown) => this.#refuse(request, error),
      )
    } catch (error) {
      return this.#refuse(request, error)
    }
  }

  #claimant(): SessionOwner {
    return { address: this.remoteAddress, connection: this }
  }

  #reply(request: RtspRequest, reply: Reply): undefined {
    this.#write(reply, request)
    reply.afterWrite?.()
    if (request.headers.get('Connection')?.toLowerCase() === 'close') this.close()
  }

  #refuse(request: RtspRequest, error: unknown): undefined {
    const isOurs = !(error instanceof RtspError) || error.cause !== undefined
    if (isOurs) this.#listener.requestFailed(error, request)
    this.#reply(request, errorReply(error))
  }

  #write(reply: Reply, request: RtspRequest | undefined): void {
    if (this.#isClosed || !this.#socket.writable) return
    const headers = new RtspHeaders()
    if (request) echoHeaders(request, headers)
    if (reply.session) headers.set('Session', reply.session.header)
    for (const [name, value] of reply.headers ?? []) headers.append(name, value)
    if (!request) headers.set('Connection', 'close')
    this.#socket.write(
      serializeResponse({
        statusCode: reply.statusCode,
        headers,
        ...(reply.body === undefined ? {} : { body: reply.body }),
      }),
    )
  }

  #idle(): void {
    if (this.sessions.size === 0) this.close()
  }

  #afterClose(): void {
    this.#isClosed = true
    this.#closeTimer?.cancel()
    this.#parser.close()
    this.#queue.length = 0
    this.publication?.end()
    this.#listener.closed(this)
    this.#closed.resolve()
  }
}

/** What every answer repeats of its request: CSeq as a number (RFC 2326 12.17), Timestamp (12.38). */
function echoHeaders(request: RtspRequest, headers: RtspHeaders): void {
  try {
    headers.set('CSeq', String(parseCSeq(request.headers.get('CSeq'))))
  } catch (error) {
    // Without a number to echo there is no CSeq in the answer.
    if (!(error instanceof RtspError)) throw error
  }
  const timestamp = request.headers.get('Timestamp')
  if (timestamp !== undefined) headers.set('Timestamp', timestamp)
}

/** IPv4 addresses come in IPv6 notation from a socket that listens on both. */
function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

function authorityOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A promise and its resolve function (Node 20 has no Promise.withResolvers). */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
