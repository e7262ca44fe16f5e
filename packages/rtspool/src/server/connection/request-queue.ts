import { hostOf } from '../../host-of.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { Reply } from '../request/request-context.js'
import { errorReply } from './error-reply.js'
import type { RequestTurns } from './request-turns.js'

/**
 * Number of responses of one connection in a row before other connections may continue. One read
 * may contain thousands of requests.
 */
const requestsPerTurn = 4

/** Functions of a connection that its {@link RequestQueue} calls. */
export interface RequestQueueOwner {
  /** Returns whether the client reads its responses. Otherwise no further request is handled. */
  takesAnswers(): boolean
  /** Returns whether the connection is closed. */
  isClosed(): boolean
  /** Numeric address of the client. */
  readonly remoteAddress: string
  /**
   * Called when a request has been read that must wait until other connections have had their
   * responses. Must not throw.
   */
  waits(request: RtspRequest): void
  handle(request: RtspRequest): Reply | Promise<Reply>
  reply(reply: Reply, request: RtspRequest): void
  /** Returns the present time in milliseconds of the server's clock. */
  now(): number
  /**
   * Called when a response has been written.
   *
   * @param milliseconds - Time since the request was read, waiting for a turn included.
   */
  responded(request: RtspRequest, statusCode: number, milliseconds: number): void
  /** Called when `handle` or `reply` has thrown. An error response is sent next. */
  failed(error: unknown, request: RtspRequest): void
  /**
   * Called when the connection may push another request: after a response, or when a wait for other
   * connections is over.
   */
  answered(): void
  /**
   * Called when an error response, or the work after a response, has thrown. The connection must
   * end. The queue throws nothing and rejects no promise.
   *
   * @param request - The latest request of the connection.
   */
  abandoned(error: unknown, request: RtspRequest): void
}

/**
 * Handles the requests of a connection one after the other, in order of arrival. Only one request
 * is in the queue at a time. Later ones wait as unparsed bytes until the queue {@link isReady}.
 */
export class RequestQueue {
  readonly #owner: RequestQueueOwner
  readonly #turns: RequestTurns
  #isAnswering = false
  #isWaitingForTurn = false
  /**
   * True if the connection has waited until other connections had their turn, and may now send {@link
   * requestsPerTurn} responses.
   */
  #hasTurn = false
  /** Number of responses since the connection last had to wait for other connections. */
  #answeredCount = 0
  #latest: RtspRequest | undefined
  /** Time at which the latest request was read, in milliseconds of the server's clock. */
  #pushedAt = 0

  constructor(owner: RequestQueueOwner, turns: RequestTurns) {
    this.#owner = owner
    this.#turns = turns
  }

  /** True from the arrival of a request until its response has been sent. */
  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /**
   * True if another request may be pushed. The last one must have its response, the client must
   * read its responses, and the connection need not wait for other connections.
   */
  get isReady(): boolean {
    return !this.#isAnswering && !this.#isWaitingForTurn && this.#owner.takesAnswers()
  }

  /** True if no request waits for other connections or for its response. */
  get isIdle(): boolean {
    return !this.#isAnswering && !this.#isWaitingForTurn
  }

  /** True while the connection waits until other connections have had their responses. */
  get isWaitingForTurn(): boolean {
    return this.#isWaitingForTurn
  }

  /**
   * Blocks the queue of the connection until other connections have had their responses. Then {@link
   * RequestQueueOwner.answered} is called.
   */
  waitForTurn(): void {
    if (this.#isWaitingForTurn) return
    this.#isWaitingForTurn = true
    this.#turns.wait(hostOf(this.#owner.remoteAddress), this.#beginTurn)
  }

  /**
   * Resets the count of responses in a row, unless the connection waits for other connections. Call
   * this when bytes arrive after all earlier requests have their responses.
   */
  beginRead(): void {
    if (this.#isWaitingForTurn) return
    this.#answeredCount = 0
    this.#hasTurn = false
  }

  /**
   * Handles a request: at once, or in a later turn of the event loop if too many other requests
   * came in this one.
   *
   * @throws {TypeError} If the last request has no response yet.
   */
  push(request: RtspRequest): void {
    if (this.#isAnswering) throw new TypeError('a request is under way already')
    this.#isAnswering = true
    this.#latest = request
    this.#pushedAt = this.#owner.now()
    if (this.#hasTurn || this.#turns.take()) this.#begin(request)
    else {
      this.#isWaitingForTurn = true
      this.#owner.waits(request)
      this.#turns.wait(hostOf(this.#owner.remoteAddress), () => {
        this.#isWaitingForTurn = false
        this.#hasTurn = true
        if (this.#owner.isClosed()) this.#isAnswering = false
        else this.#begin(request)
      })
    }
  }

  #begin(request: RtspRequest): void {
    const answered = this.#answer(request)
    if (answered) void answered.then(this.#finish)
    else this.#finish()
  }

  readonly #finish = (): void => {
    this.#isAnswering = false
    if (++this.#answeredCount >= requestsPerTurn) this.waitForTurn()
    this.#goOn()
  }

  readonly #beginTurn = (): void => {
    this.#isWaitingForTurn = false
    this.#hasTurn = true
    this.#answeredCount = 0
    this.#goOn()
  }

  #goOn(): void {
    try {
      this.#owner.answered()
    } catch (error) {
      if (!this.#latest) throw error
      this.#owner.abandoned(error, this.#latest)
    }
  }

  /**
   * Handles a request and sends its response, or an error response. Never throws.
   *
   * @returns A promise only if the handler returns one.
   */
  #answer(request: RtspRequest): Promise<void> | undefined {
    const refuse = (error: unknown): undefined => {
      try {
        this.#owner.failed(error, request)
        this.#reply(errorReply(error), request)
      } catch (failure) {
        this.#owner.abandoned(failure, request)
      }
    }
    try {
      const reply = this.#owner.handle(request)
      if (reply instanceof Promise) {
        return reply.then((settled) => this.#reply(settled, request)).catch(refuse)
      }
      this.#reply(reply, request)
    } catch (error) {
      refuse(error)
    }
    return undefined
  }

  #reply(reply: Reply, request: RtspRequest): void {
    this.#owner.reply(reply, request)
    this.#owner.responded(request, reply.statusCode, this.#owner.now() - this.#pushedAt)
  }
}
