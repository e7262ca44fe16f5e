import type { Clock } from '../../clock.js'
import { ClientError, RtspError } from '../../errors.js'
import {
  frameInterleaved,
  RtspHeaders,
  type RtspRequest,
  type RtspResponse,
  serializeRequest,
  serializeResponse,
} from '../../rtsp/index.js'
import { plainAddress } from '../../transport/system/addresses.js'
import type { ClientSocket } from '../../transport/tcp/open-stream.js'
import type { RtspClientHeaders } from '../client-options.js'
import type { Login } from './login.js'
import { MessageStream } from './message-stream.js'
import { PendingResponses } from './pending-responses.js'

/** A request to send. The connection adds CSeq, User-Agent and credentials. */
export interface ClientRequest {
  readonly method: string
  readonly uri: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface ClientConnectionInit {
  readonly login: Login
  readonly clock: Clock
  readonly userAgent: string
  /** Returns further header lines for each request. */
  readonly furtherHeaders?: RtspClientHeaders | undefined
  readonly responseTimeoutMs: number
}

/**
 * Function that receives the payload of an interleaved frame. The payload is a view of a chunk,
 * which the receiver may keep.
 */
export type FrameReceiver = (payload: Buffer) => void

/** Maximum number of bytes that wait to be sent. Above it, further reports, keep-alives and responses are left out. */
const maxWaitingBytes = 64 * 1024
/**
 * Maximum number of times that one request is sent, including those that were refused for their
 * credentials.
 */
const maxAttempts = 3
/** Milliseconds that a closing connection waits for the response to TEARDOWN. */
const farewellMs = 500

/**
 * Methods of requests from a server to which the client responds 200, so that the server keeps the
 * connection. Any other method gets 501.
 */
const harmlessRequests = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER']

/**
 * An RTSP connection to a server, which sends requests and receives their responses and interleaved
 * frames.
 */
export class ClientConnection {
  /** Called once, when the connection ends without a call of {@link close}. */
  onLost: (error: unknown) => void = () => undefined
  readonly remoteAddress: string
  readonly localAddress: string
  readonly #socket: ClientSocket
  readonly #init: ClientConnectionInit
  readonly #stream: MessageStream
  readonly #pending = new PendingResponses()
  readonly #channels = new Map<number, FrameReceiver>()
  /** Promise that settles when the last of the waiting requests has its response. The next request starts then. */
  #turn: Promise<unknown> = Promise.resolve()
  #cSeq = 0
  #isCorked = false
  #failure: { readonly error: unknown } | undefined
  /** Number of received interleaved frames on channels that no track uses. */
  unknownFrames = 0

  constructor(socket: ClientSocket, init: ClientConnectionInit) {
    this.#socket = socket
    this.#init = init
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.localAddress = plainAddress(socket.localAddress)
    this.#stream = new MessageStream({
      isChannel: (channel) => this.#channels.has(channel),
      interleaved: (channel, payload) => this.#interleaved(channel, payload),
      request: (request) => this.#answer(request),
      response: (response) => {
        // 1xx announces another response.
        if (response.statusCode >= 200) this.#pending.settle(response)
      },
    })
    // A tunnel may end before anybody listens to its events.
    if (socket.destroyed) this.#fail(lost('the connection was lost', socket.errored ?? undefined))
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(lost('the connection was lost', error)))
    socket.on('close', () => this.#fail(lost('the server has closed the connection')))
  }

  /** Number of received bytes that belonged to no message and no frame. */
  get strayBytes(): number {
    return this.#stream.strayBytes
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  /** Passes the payloads of frames on an interleaved channel to a receiver from now on. */
  setChannel(channel: number, receiver: FrameReceiver): void {
    this.#channels.set(channel, receiver)
  }

  hasChannel(channel: number): boolean {
    return this.#channels.has(channel)
  }

  /**
   * Sends a request after those before it have their responses, and returns its response of any status.
   * Answers challenges with the credentials of the login.
   *
   * @throws {ClientError} no response in time, the connection ended, or the credentials are refused.
   */
  request(request: ClientRequest): Promise<RtspResponse> {
    const answered = this.#turn.then(() => this.#exchange(request))
    this.#turn = answered.catch(() => undefined)
    return answered
  }

  /**
   * Sends a request at once, and does not wait for the response, which some servers never send. Sends it once more, if its
   * nonce has expired.
   *
   * @param onResponse - Called with the response, if there is one.
   */
  send(request: ClientRequest, onResponse?: (response: RtspResponse) => void): void {
    if (this.isOpen && this.#socket.writableLength <= maxWaitingBytes)
      this.#post(request, onResponse)
  }

  #post(
    request: ClientRequest,
    onResponse: ((response: RtspResponse) => void) | undefined,
    isFirst = true,
  ): void {
    const sent = this.#written(request)
    if (!sent) return
    const { cSeq, authorization } = sent
    const resolve = (response: RtspResponse): void => {
      const mayRetry = response.statusCode === 401 && this.#renewNonce(response, authorization)
      if (mayRetry && isFirst) this.#post(request, onResponse, false)
      else onResponse?.(response)
    }
    this.#pending.add(cSeq, { resolve, reject: () => undefined })
  }

  /**
   * Sends a packet as an interleaved frame.
   *
   * @returns `false` if nothing is sent: the server does not read, or the connection has ended.
   */
  sendFrame(channel: number, packet: Buffer): boolean {
    if (!this.isOpen || this.#socket.writableLength > maxWaitingBytes) return false
    this.#socket.write(frameInterleaved(channel, [packet]))
    return true
  }

  /** Number of bytes sent that the kernel has not accepted yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /**
   * Sends a packet as an interleaved frame, however many bytes wait already: the caller must limit {@link queuedBytes}.
   * Packets of one turn of the event loop leave in one write.
   */
  sendMedia(channel: number, packet: Buffer): void {
    if (!this.isOpen) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(frameInterleaved(channel, [packet]))
  }

  /**
   * Waits until at most `maxBytes` are queued, or the connection has ended. A limit below the high-water mark of the
   * socket counts as that mark.
   */
  async drained(maxBytes: number): Promise<void> {
    const socket = this.#socket
    const threshold = Math.max(maxBytes + 1, socket.writableHighWaterMark)
    while (this.isOpen && socket.writableLength >= threshold) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off('drain', done)
          socket.off('close', done)
          resolve()
        }
        socket.on('drain', done)
        socket.on('close', done)
      })
    }
  }

  /** Stops reading, so that the server cannot send more than the kernel holds. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.isOpen) this.#socket.resume()
  }

  /**
   * Closes the connection. With a farewell (a TEARDOWN), sends that request first, and waits up to {@link farewellMs}
   * for the response. Some cameras keep a stream for half a minute when a client has left without TEARDOWN.
   *
   * @param error - Error with which requests that have no response yet reject.
   */
  async close(error: unknown, farewell?: ClientRequest): Promise<void> {
    if (!this.isOpen) return
    if (farewell) {
      this.resume()
      await this.#say(farewell)
    }
    this.#end(error)
  }

  #say(farewell: ClientRequest): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        resolve()
      }
      const timer = this.#init.clock.schedule(done, farewellMs, true)
      this.#socket.once('close', done)
      this.#post(farewell, done)
    })
  }

  async #exchange(request: ClientRequest): Promise<RtspResponse> {
    for (let attempt = 1; ; attempt++) {
      const { response, authorization } = await this.#attempt(request)
      if (response.statusCode !== 401) return response
      const { login } = this.#init
      const mayRetry = login.accept(response, authorization, attempt === 1)
      if (!mayRetry || attempt === maxAttempts) {
        const what =
          authorization === undefined ? 'requires credentials' : 'refuses the credentials'
        throw new ClientError('ERR_CLIENT_UNAUTHORIZED', `the server ${what}`)
      }
    }
  }

  #attempt(request: ClientRequest) {
    return new Promise<{ response: RtspResponse; authorization: string | undefined }>(
      (resolve, reject) => {
        if (this.#failure) {
          reject(this.#failure.error)
          return
        }
        const { clock, responseTimeoutMs } = this.#init
        const { cSeq, authorization } = this.#write(request)
        const timer = clock.schedule(
          () => {
            this.#pending.delete(cSeq)
            reject(timedOut(request.method))
          },
          responseTimeoutMs,
          true,
        )
        this.#pending.add(cSeq, {
          resolve: (response) => {
            timer.cancel()
            resolve({ response, authorization })
          },
          reject: (error) => {
            timer.cancel()
            reject(error)
          },
        })
      },
    )
  }

  /** Sends a request as {@link #write} does. An error of the application's headers ends the connection. */
  #written(request: ClientRequest) {
    try {
      return this.#write(request)
    } catch (error) {
      // Later, as for a connection that is lost, because the caller may be about to close this one.
      process.nextTick(() => this.#fail(error))
      return undefined
    }
  }

  /** @throws The error of the application's function for further headers, or TypeError for a header that it returned. */
  #write({ method, uri, headers = {}, body }: ClientRequest) {
    const cSeq = ++this.#cSeq
    const authorization = this.#init.login.authorize(method, uri)
    const all = new RtspHeaders([
      ['CSeq', String(cSeq)],
      ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
      ['User-Agent', this.#init.userAgent],
      ...Object.entries(headers),
      ...(this.#init.furtherHeaders?.({ method, uri }) ?? []),
    ])
    this.#socket.write(
      serializeRequest({ method, uri, headers: all, ...(body === undefined ? {} : { body }) }),
    )
    return { cSeq, authorization }
  }

  /** Stores a new nonce for the next request. @returns Whether the request that was refused may succeed with it */
  #renewNonce(response: RtspResponse, authorization: string | undefined): boolean {
    try {
      return this.#init.login.accept(response, authorization, true)
    } catch (error) {
      if (!(error instanceof RtspError)) throw error
      return false
    }
  }

  #receive(chunk: Buffer): void {
    try {
      this.#stream.push(chunk)
    } catch (error) {
      if (!(error instanceof RtspError)) throw error
      this.#fail(
        error instanceof ClientError
          ? error
          : new ClientError('ERR_CLIENT_PROTOCOL', `the server has sent ${error.message}`, {
              cause: error,
            }),
      )
    }
  }

  #interleaved(channel: number, payload: Buffer): void {
    const receiver = this.#channels.get(channel)
    if (receiver) receiver(payload)
    else this.unknownFrames++
  }

  #answer({ method, headers }: RtspRequest): void {
    if (this.#socket.writableLength > maxWaitingBytes) return
    const cSeq = headers.get('cseq')
    const statusCode = harmlessRequests.includes(method) ? 200 : 501
    this.#socket.write(
      serializeResponse({
        statusCode,
        headers: new RtspHeaders(cSeq === undefined ? [] : [['CSeq', cSeq]]),
      }),
    )
  }

  #fail(error: unknown): void {
    if (this.#failure) return
    this.#end(error)
    this.onLost(error)
  }

  #end(error: unknown): void {
    if (this.#failure) return
    this.#failure = { error }
    this.#stream.close()
    this.#socket.destroy()
    this.#channels.clear()
    this.#pending.rejectAll(error)
  }
}

const lost = (text: string, cause?: unknown): ClientError =>
  new ClientError('ERR_CLIENT_DISCONNECTED', text, cause === undefined ? {} : { cause })

const timedOut = (method: string): ClientError =>
  new ClientError('ERR_CLIENT_TIMEOUT', `the server has not responded to ${method} in time`, {
    context: { method },
  })
