// Longer than usual: one class, which connects the parts of a connection (reader, queue, writer, end) by the functions that
// each of them calls. A third of the lines are its properties.

import type { Writable } from 'node:stream'
import type { InspectOptions } from 'node:util'
import type { MalformedMessageError, RtspError } from '../../errors.js'
import { type Inspect, inspectCustom, inspectSummary } from '../../inspection.js'
import type { MediaLease } from '../../media/media-lease.js'
import type { Publication } from '../../media/streams/publication.js'
import type { ConnectionInfo, ConnectionSummary } from '../../public/connection.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionTunnel } from '../../session-pool/index.js'
import { readShared } from '../../transport/system/read-memory.js'
import type { ChannelTable, InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { DirectSends } from '../../transport/tcp/direct-sends.js'
import type { SpacedReads } from '../../transport/tcp/spaced-reads.js'
import { type BacklogLimits, StreamWriter } from '../../transport/tcp/stream-writer.js'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'
import { dispatch } from '../handlers/dispatch.js'
import type { GuardedConnection } from '../overload/overload.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { Reply, ServerContext } from '../request/request-context.js'
import { PublisherReads } from '../sources/publisher-reads.js'
import type { ConnectionCarrier } from './carrier.js'
import { ConnectionEnd, type EndingConnection } from './connection-end.js'
import { ConnectionFacts } from './connection-facts.js'
import { isOwnFault } from './error-reply.js'
import { readFramesOnly } from './frames-only.js'
import { IdleTimer } from './idle-timer.js'
import { RequestQueue, type RequestQueueOwner } from './request-queue.js'
import { RequestReader, type RequestReaderOwner } from './request-reader.js'
import type { RequestTurns } from './request-turns.js'
import { closesConnection, serializeLastReply, serializeReply } from './response.js'
import { touchNamed } from './touch-named.js'
import { UnsentAnswers } from './unsent-answers.js'

/**
 * Milliseconds without traffic after which the system probes the client. Without a reply, it closes
 * the connection.
 */
const keepAliveMs = 15_000

export interface ConnectionOptions {
  readonly idleTimeoutMs: number
  readonly directSends: DirectSends | undefined
  /** Reads of publishers that nobody watches; `undefined` without native calls. */
  readonly spacedReads: SpacedReads | undefined
  readonly backlog: BacklogLimits
  /** Queue shared by all connections of the server, in which each waits for its turn to handle further requests. */
  readonly turns: RequestTurns
}

/** Receives events about the requests of one connection: responses, failures and refusals. */
export interface ConnectionListener {
  /** Called when a request has a response, with the milliseconds that it took. */
  requestAnswered(request: RtspRequest, statusCode: number, milliseconds: number): void
  /** Called when a request has failed through a fault of the server or the application. */
  requestFailed(error: unknown, request: RtspRequest): void
  /** Called when a request got an error response because of the client, or of a limit. */
  requestRefused(error: RtspError, request: RtspRequest): void
  /**
   * Called when received bytes were not a valid message. The connection closes after the error
   * response.
   */
  messageRefused(error: MalformedMessageError): void
  closed(connection: Connection): void
}

/**
 * One RTSP connection, which sends responses strictly in the order of the requests. Only this class
 * turns an error into a response.
 *
 * ```text
 * socket ─▶ parser ─┬─ request ──▶ queue ─▶ dispatch ─▶ response ─▶ socket
 *                   ├─ frame ────▶ channel table ─▶ stream
 *                   └─ response ─▶ ignored
 * ```
 *
 * {@link RequestReader} decides which bytes stay unread while a request waits.
 */
export class Connection implements ConnectionContext, ConnectionInfo, GuardedConnection {
  readonly sessions = new Set<Session>()
  /** Promise that resolves when the connection is closed and has released everything. */
  readonly closed: Promise<void>
  publication: Publication | undefined

  readonly #facts: ConnectionFacts
  readonly #server: ServerContext
  readonly #listener: ConnectionListener
  readonly #output: Writable
  readonly #idle: IdleTimer
  readonly #writer: StreamWriter
  readonly #reader: RequestReader
  readonly #queue: RequestQueue
  readonly #unsent = new UnsentAnswers()
  readonly #end: ConnectionEnd
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closeAbort: AbortController | undefined
  #described: MediaLease | undefined

  constructor(
    carrier: ConnectionCarrier,
    server: ServerContext,
    listener: ConnectionListener,
    { idleTimeoutMs, directSends, spacedReads, backlog, turns }: ConnectionOptions,
  ) {
    const { input, output, socket, frames } = carrier
    this.#facts = new ConnectionFacts(carrier, server.clock.unixTimeMs())
    this.#output = output
    this.#queue = new RequestQueue(this.#queueOwner(), turns)
    this.#end = new ConnectionEnd(server.clock, this.#ending())
    this.#writer = new StreamWriter(output, directSends, backlog, socket, () => this.#lost())
    this.#server = server
    this.#listener = listener
    const isPlain = input === socket && !this.isSecure
    const spacing =
      isPlain && spacedReads ? new PublisherReads(this, socket, spacedReads) : undefined
    this.#reader = new RequestReader(input, server.clock, this.#readerOwner(), spacing)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveMs)
    this.#idle = new IdleTimer(socket, idleTimeoutMs, () => this.#noteIdle())
    const receive = (chunk: Buffer): void => this.receive(chunk)
    input.on('data', receive)
    if (input === socket) readShared(socket, receive)
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

  /** Table of the interleaved channels of this connection. */
  get channels(): ChannelTable {
    return this.#writer.channels
  }

  get bytesHandedOver(): number {
    return this.#writer.bytesHandedOver
  }

  get socketEnds(): TcpEnds {
    return this.#facts.socketEnds
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes
  }

  get readCount(): number {
    return this.#reader.readCount
  }

  get isIdle(): boolean {
    return this.#state === 'open' && this.sessions.size === 0 && this.#queue.isIdle
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
   * Measures for how long the client has left sent bytes unread; called twice a second.
   *
   * @param now - Present time in milliseconds of the clock.
   * @returns Age in milliseconds of the oldest byte that the client has not received; 0 = none.
   */
  sampleBacklog(now: number): number {
    return this.#writer.sample(now)
  }

  /**
   * Sends the response to the present request and all unsent bytes, then closes. Later requests get
   * no response. Takes at most a second, even if the handler or the peer does not respond.
   * Idempotent.
   */
  close(): void {
    this.#end.limitClosing()
    this.#finish()
  }

  /** Closes the connection at once; unsent bytes are lost. */
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
    if (this.sessions.size === 0) this.#idle.start()
  }

  /**
   * Handles bytes that the client has sent. The socket or tunnel that carries the connection may have read some before
   * this object existed: the caller passes these first.
   *
   * @internal
   */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return
    this.#queue.beginRead()
    this.#reader.receive(chunk)
  }

  /** Returns the functions of this connection that the request reader calls. */
  #readerOwner(): RequestReaderOwner {
    return {
      isOpen: () => this.#state === 'open',
      isReady: () => this.#queue.isReady,
      request: (request) => this.#queue.push(request),
      interleaved: (channel, payload) => this.#writer.channels.dispatch(channel, payload),
      malformed: (error) => {
        // Everything before has got its response: the parser stops behind each request until then.
        this.#write(serializeLastReply(error))
        this.#listener.messageRefused(error)
        this.#finish()
      },
      tooSlow: () => this.destroy(),
    }
  }

  /** Returns the functions of this connection that the request queue calls. */
  #queueOwner(): RequestQueueOwner {
    return {
      takesAnswers: () => this.#writer.isWritable && !this.#unsent.isTooMany,
      isClosed: () => this.isClosed,
      remoteAddress: this.remoteAddress,
      waits: (request) => touchNamed(this.sessions, request),
      handle: (request) => this.#handle(request),
      reply: (reply, request) => this.#reply(reply, request),
      now: () => this.#server.clock.now(),
      responded: (...answer) => this.#listener.requestAnswered(...answer),
      failed: (error, request) => this.#failed(error, request),
      answered: () => {
        if (this.#state === 'closing') this.#finish()
        else this.#reader.readOn()
      },
      abandoned: (error, request) => {
        this.destroy()
        this.#listener.requestFailed(error, request)
      },
    }
  }

  /** Returns the functions of this connection that {@link ConnectionEnd} calls. */
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
    if (reply.session) this.#end.sessionFound()
    if (this.#end.isLastAnswer(reply.statusCode) || closesConnection(request)) this.close()
  }

  #failed(error: unknown, request: RtspRequest): void {
    this.#end.requestRefused(error)
    if (isOwnFault(error)) this.#listener.requestFailed(error, request)
    else if (!this.isClosed) this.#listener.requestRefused(error as RtspError, request)
  }

  toJSON(): ConnectionSummary {
    return this.#facts.summary([...this.sessions].map((session) => session.publicId))
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Connection', this.toJSON(), depth, options, inspect)
  }

  /**
   * Calls the function `afterWrite` of a reply once its response has been written. The function does the work that
   * must follow the response, such as starting media. After a failure the session ends, because the client already
   * has the response.
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
    if (!this.#writer.isWritable) return
    this.#unsent.add(answer)
    this.#writer.writeMessage(answer, () => {
      this.#unsent.remove(answer)
      // Thousands of clients may read responses at the same time: their requests continue in turns.
      if (this.#reader.isWaiting) this.#queue.waitForTurn()
    })
  }

  /** Ends the sessions and the connection after a send thread has lost bytes of the connection. */
  #lost(): void {
    for (const session of this.sessions) {
      if (session.owner?.connection === this) session.end('sendThreadFailed')
    }
    this.destroy()
  }

  #noteIdle(): void {
    // While closing, a client that does not read its last responses is cut off at the idle timeout.
    if (this.#state === 'closing') this.destroy()
    else if (this.#queue.isWaitingForTurn || this.#end.waitsWhenIdle()) this.#idle.start()
  }

  /**
   * Stops reading requests, and closes the connection after the responses to those already read.
   */
  #finish(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#reader.stop()
    }
    if (this.#queue.isAnswering) return
    this.#end.limitClosing()
    this.#writer.end()
    // Later bytes are read and dropped: unread ones would reset the connection, and the response
    // would be lost.
    this.#reader.readOn()
  }

  #afterClose(): void {
    this.#state = 'closed'
    this.#end.cancel()
    this.#closeAbort?.abort()
    this.#reader.stop()
    this.described = undefined
    this.publication?.end()
    this.#listener.closed(this)
    this.#writer.release()
  }
}
