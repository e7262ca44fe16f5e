import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { InspectOptions } from 'node:util'
import { MalformedMessageError, type RtspError } from '../../errors.js'
import { type Inspect, inspectCustom, inspectSummary } from '../../inspection.js'
import type { MediaLease } from '../../media/media-lease.js'
import type { Publication } from '../../media/streams/publication.js'
import type { ConnectionInfo, ConnectionSummary } from '../../public/connection.js'
import { RtspParser, type RtspParserSink, type RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionTunnel } from '../../session-pool/index.js'
import type { ChannelTable, InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { DirectSends } from '../../transport/tcp/direct-sends.js'
import { type BacklogLimits, StreamWriter } from '../../transport/tcp/stream-writer.js'
import { UnreadBytes } from '../../transport/tcp/unread-bytes.js'
import { dispatch } from '../handlers/dispatch.js'
import type { ConnectionContext, Reply, ServerContext } from '../request/request-context.js'
import type { ConnectionCarrier } from './carrier.js'
import { ConnectionEnd, type EndingConnection } from './connection-end.js'
import { ConnectionFacts } from './connection-facts.js'
import { isOwnFault } from './error-reply.js'
import { readFramesOnly } from './frames-only.js'
import { MessageDeadline } from './message-deadline.js'
import { RequestQueue, type RequestQueueOwner } from './request-queue.js'
import type { RequestTurns } from './request-turns.js'
import { closesConnection, serializeLastReply, serializeReply } from './response.js'
import { SessionMisses } from './session-misses.js'
import { UnsentAnswers } from './unsent-answers.js'

/**
 * Silence after which the system probes the client, and closes the connection if it gets no reply.
 */
const keepAliveMs = 15_000

export interface ConnectionOptions {
  readonly idleTimeoutMs: number
  readonly directSends: DirectSends | undefined
  readonly backlog: BacklogLimits
  /** Turns shared by all connections of the server. */
  readonly turns: RequestTurns
}

/** Receives the failures and refusals of a connection. */
export interface ConnectionListener {
  /** A request failed through a fault of the server or the application, not of the client. */
  requestFailed(error: unknown, request: RtspRequest): void
  /** A request got an error response because of the client, or of a limit. */
  requestRefused(error: RtspError, request: RtspRequest): void
  /** Received bytes were not a message: the response was the last one. */
  messageRefused(error: MalformedMessageError): void
  closed(connection: Connection): void
}

/**
 * One RTSP connection: bytes in, responses out, strictly in the order of the requests. Only this
 * class turns an error into a response.
 *
 * ```text
 * socket ─▶ parser ─┬─ request ──▶ queue ─▶ dispatch ─▶ response ─▶ socket
 *                   ├─ frame ────▶ channel table ─▶ stream
 *                   └─ response ─▶ ignored
 * ```
 *
 * The parser stops behind a request whose response takes time. Later bytes stay unparsed, and at
 * most one read is held in memory. So frames are handled after the request that they followed.
 */
export class Connection implements ConnectionContext, ConnectionInfo {
  readonly sessions = new Set<Session>()
  /** Resolves when the connection is closed and has released everything. */
  readonly closed: Promise<void>
  publication: Publication | undefined

  readonly #facts: ConnectionFacts
  readonly #server: ServerContext
  readonly #listener: ConnectionListener
  readonly #input: Readable
  readonly #output: Writable
  readonly #socket: Socket
  readonly #idleTimeoutMs: number
  readonly #writer: StreamWriter
  readonly #parser: RtspParser
  readonly #unread: UnreadBytes
  #isParsing = false
  readonly #deadline: MessageDeadline
  readonly #queue: RequestQueue
  readonly #misses = new SessionMisses()
  readonly #unsent = new UnsentAnswers()
  readonly #end: ConnectionEnd
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closeAbort: AbortController | undefined
  #described: MediaLease | undefined

  constructor(
    carrier: ConnectionCarrier,
    server: ServerContext,
    listener: ConnectionListener,
    { idleTimeoutMs, directSends, backlog, turns }: ConnectionOptions,
  ) {
    const { input, output, socket, frames } = carrier
    this.#facts = new ConnectionFacts(carrier, server.clock.unixTimeMs())
    this.#input = input
    this.#unread = new UnreadBytes(input)
    this.#output = output
    this.#socket = socket
    this.#parser = new RtspParser(this.#sink())
    this.#queue = new RequestQueue(this.#queueOwner(), turns)
    this.#end = new ConnectionEnd(server.clock, this.#ending())
    this.#writer = new StreamWriter(output, directSends, backlog, socket)
    this.#server = server
    this.#listener = listener
    this.#idleTimeoutMs = idleTimeoutMs
    this.#deadline = new MessageDeadline(this.#parser, server.clock, () => this.destroy())
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveMs)
    this.#armIdleTimer()
    socket.on('timeout', () => this.#idle())
    input.on('data', (chunk: Buffer) => this.receive(chunk))
    if (frames) {
      readFramesOnly(frames, (channel, payload) => {
        if (this.#state === 'open') this.#writer.channels.dispatch(channel, payload)
      })
    }
    // A client that has closed its sending side still gets its responses.
    input.on('end', () => this.#finish())
    // The peer has gone; 'close' follows.
    input.on('error', () => this.destroy())
    if (this.isTunnelled) output.on('error', () => this.destroy())
    this.closed = new Promise((resolve) => {
      output.on('close', () => {
        this.#afterClose()
        resolve()
      })
    })
  }

  get publicId(): string {
    return this.#facts.publicId
  }

  get remoteAddress(): string {
    return this.#facts.remoteAddress
  }

  get remotePort(): number {
    return this.#facts.remotePort
  }

  get localAddress(): string {
    return this.#facts.localAddress
  }

  get localPort(): number {
    return this.#facts.localPort
  }

  get localAuthority(): string {
    return this.#facts.localAuthority
  }

  get isSecure(): boolean {
    return this.#facts.isSecure
  }

  get tunnel(): SessionTunnel | undefined {
    return this.#facts.tunnel
  }

  get isTunnelled(): boolean {
    return this.#facts.tunnel !== undefined
  }

  get userAgent(): string | undefined {
    return this.#facts.userAgent
  }

  get openedTime(): Date {
    return this.#facts.openedTime
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  get closeSignal(): AbortSignal {
    this.#closeAbort ??= new AbortController()
    if (this.isClosed) this.#closeAbort.abort()
    return this.#closeAbort.signal
  }

  get carrier(): InterleavedCarrier {
    return this.#writer
  }

  /** Channels of the streams inside the connection. */
  get channels(): ChannelTable {
    return this.#writer.channels
  }

  get bytesHandedOver(): number {
    return this.#writer.bytesHandedOver
  }

  get described(): MediaLease | undefined {
    return this.#described
  }

  set described(described: MediaLease | undefined) {
    this.#described?.release()
    this.#described = described
    if (this.isClosed) described?.release()
  }

  /**
   * Measures the client's backlog. @returns Age of the oldest byte that the client has not
   * received, in milliseconds.
   */
  sampleBacklog(now: number): number {
    return this.#writer.sample(now)
  }

  /**
   * Responds to the request under way but to no other, sends the queued bytes, then closes. Takes
   * at most a second, whatever the handler and the peer do. Idempotent.
   */
  close(): void {
    this.#end.limitClosing()
    this.#finish()
  }

  /** Closes at once. Queued bytes are lost. */
  destroy(): void {
    this.#output.destroy()
  }

  sessionRemoved(session: Session, farewellMs: number | undefined): void {
    this.sessionLeft(session)
    this.#end.sessionRemoved(farewellMs)
  }

  sessionLeft(session: Session): void {
    this.sessions.delete(session)
    // Idle time counts from here.
    if (this.sessions.size === 0) this.#armIdleTimer()
  }

  /**
   * Handles bytes of the client. Bytes that its carrier read before the connection existed come
   * first.
   *
   * @internal
   */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return
    this.#queue.beginRead()
    const read = this.#queue.isReady ? this.#parse(chunk) : 0
    // Bytes after the last request of a connection are dropped: if held, they would block the end
    // of the stream.
    if (read < chunk.length && this.#state === 'open') this.#unread.hold(chunk.subarray(read))
  }

  /** Receives messages and frames from the parser. */
  #sink(): RtspParserSink {
    return {
      request: (request) => {
        this.#queue.push(request)
        if (!this.#queue.isReady) this.#parser.stop()
      },
      response: () => {
        // The server sends no requests, and ignores responses (FFmpeg 5.1 responds without CSeq).
      },
      interleaved: (channel, payload) => this.#writer.channels.dispatch(channel, payload),
    }
  }

  /** Returns the view of this connection that the queue needs. */
  #queueOwner(): RequestQueueOwner {
    return {
      takesAnswers: () => this.#output.writable && !this.#unsent.isTooMany,
      isClosed: () => this.isClosed,
      remoteAddress: this.remoteAddress,
      handle: (request) => this.#handle(request),
      reply: (reply, request) => this.#reply(reply, request),
      failed: (error, request) => this.#failed(error, request),
      answered: () => {
        if (this.#state === 'closing') this.#finish()
        else this.#readOn()
      },
      abandoned: (error, request) => {
        this.destroy()
        this.#listener.requestFailed(error, request)
      },
    }
  }

  /** Returns the view of this connection that `ConnectionEnd` needs. */
  #ending(): EndingConnection {
    return {
      hasSessions: () => this.sessions.size > 0,
      isAnswering: () => this.#queue.isAnswering,
      close: () => this.close(),
      destroy: () => this.destroy(),
    }
  }

  #handle(request: RtspRequest): Reply | Promise<Reply> {
    this.#end.requestBegan()
    this.#facts.noteUserAgent(request.headers.get('User-Agent'))
    const claimant = { address: this.remoteAddress, connection: this }
    return dispatch({ server: this.#server, connection: this, request, claimant })
  }

  #reply(reply: Reply, request: RtspRequest): void {
    const answer = serializeReply(reply, request)
    if (reply.afterWrite) {
      // A player gets the response to PLAY, the first report and the first pictures in one write.
      this.#writer.gather(() => {
        this.#write(answer)
        this.#afterWrite(reply, request)
      })
    } else this.#write(answer)
    if (reply.session) this.#misses.noteFound()
    const isLast = this.#end.isLastAnswer(reply.statusCode)
    if (isLast || closesConnection(request) || this.#misses.isTooMany) this.close()
  }

  #failed(error: unknown, request: RtspRequest): void {
    this.#misses.note(error)
    if (isOwnFault(error)) this.#listener.requestFailed(error, request)
    else if (!this.isClosed) this.#listener.requestRefused(error as RtspError, request)
  }

  toJSON(): ConnectionSummary {
    return this.#facts.summary([...this.sessions].map((session) => session.publicId))
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Connection', this.toJSON(), depth, options, inspect)
  }

  /** @returns Number of bytes parsed. */
  #parse(chunk: Buffer): number {
    this.#isParsing = true
    try {
      const read = this.#parser.push(chunk)
      this.#deadline.update()
      return read
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      // Everything before has got its response: the parser stops behind each request until then.
      this.#write(serializeLastReply(error))
      this.#listener.messageRefused(error)
      this.#finish()
      return chunk.length
    } finally {
      this.#isParsing = false
    }
  }

  /**
   * Runs the reply's `afterWrite`. A failure after the response cannot be reported to the client
   * any more, so the session ends.
   */
  #afterWrite({ session, afterWrite }: Reply, request: RtspRequest): void {
    try {
      afterWrite?.()
    } catch (error) {
      this.#listener.requestFailed(error, request)
      session?.end('mediaFailed')
    }
  }

  #write(answer: Buffer): void {
    if (!this.#output.writable) return
    this.#unsent.add(answer)
    this.#writer.writeMessage(answer, () => {
      this.#unsent.remove(answer)
      // Thousands of clients may read responses at the same time: their requests continue in turns.
      if (!this.#isParsing && this.#input.isPaused()) this.#queue.waitForTurn()
    })
  }

  /** Reads on, unless a request is under way or the client does not read its responses. */
  #readOn(): void {
    if (this.#isParsing || !this.#input.isPaused()) return
    while (this.#state === 'open') {
      if (!this.#queue.isReady) return
      const bytes = this.#unread.take()
      if (!bytes) break
      const read = this.#parse(bytes)
      if (read < bytes.length) this.#unread.putBack(bytes.subarray(read))
    }
    this.#input.resume()
  }

  /** The timer of the socket fires once, and again only after traffic. */
  #armIdleTimer(): void {
    this.#socket.setTimeout(this.#idleTimeoutMs)
  }

  #idle(): void {
    // While closing, a client that does not read its last responses is cut off at the idle timeout.
    if (this.#state === 'closing') this.destroy()
    else if (this.#end.waitsWhenIdle()) this.#armIdleTimer()
  }

  /** Reads no more requests, and closes after the responses to those already read. */
  #finish(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#parser.close()
      this.#deadline.cancel()
    }
    if (this.#queue.isAnswering) return
    this.#end.limitClosing()
    this.#writer.end()
    // Later bytes are read and dropped: unread ones would reset the connection, and the response
    // would be lost.
    this.#readOn()
  }

  #afterClose(): void {
    this.#state = 'closed'
    this.#end.cancel()
    this.#closeAbort?.abort()
    this.#deadline.cancel()
    this.#parser.close()
    this.described = undefined
    this.publication?.end()
    this.#listener.closed(this)
    this.#writer.release()
  }
}
