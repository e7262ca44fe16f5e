import { hostOf } from '../../host-of.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { Reply } from '../request/request-context.js'
import { errorReply } from './error-reply.js'
import type { RequestTurns } from './request-turns.js'

/**
 * Requests of one connection that get responses before other connections have their turn. One read
 * may contain thousands.
 */
const requestsPerTurn = 4

/** Callbacks of a {@link RequestQueue} to its connection. */
export interface RequestQueueOwner {
  /** True while the client reads its responses. Otherwise no more requests are passed to handlers. */
  takesAnswers(): boolean
  /** True once the connection is closed. */
  isClosed(): boolean
  /** Numeric address of the client. */
  readonly remoteAddress: string
  handle(request: RtspRequest): Reply | Promise<Reply>
  reply(reply: Reply, request: RtspRequest): void
  /** `handle` or `reply` has thrown: send the client an error response. */
  failed(error: unknown, request: RtspRequest): void
  /** A response was sent, or a new turn has begun: another request may be ready. */
  answered(): void
  /**
   * Sending an error response has itself failed, or continuing after a response has. The connection
   * ends, and the failure goes no further: the queue throws nothing, and rejects nothing.
   *
   * @param request - The latest request of the connection.
   */
  abandoned(error: unknown, request: RtspRequest): void
}

/**
 * Handles the requests of a connection one after the other, in order of arrival. One request is
 * under way at a time. Later ones wait as bytes, outside the queue, until the queue
 * {@link isReady}.
 */
export class RequestQueue {
  readonly #owner: RequestQueueOwner
  readonly #turns: RequestTurns
  #isAnswering = false
  #isWaitingForTurn = false
  /** The connection has waited for this turn, and may answer {@link requestsPerTurn} requests. */
  #hasTurn = false
  /** Responses sent since the last turn began. */
  #answeredCount = 0
  #latest: RtspRequest | undefined

  constructor(owner: RequestQueueOwner, turns: RequestTurns) {
    this.#owner = owner
    this.#turns = turns
  }

  /** A request is under way. */
  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /**
   * True if another request may be pushed: none is under way, the client reads its responses, and
   * no turn is awaited.
   */
  get isReady(): boolean {
    return !this.#isAnswering && !this.#isWaitingForTurn && this.#owner.takesAnswers()
  }

  /** Blocks the queue until the next turn. The owner learns of that turn by `answered`. */
  waitForTurn(): void {
    if (this.#isWaitingForTurn) return
    this.#isWaitingForTurn = true
    this.#turns.wait(hostOf(this.#owner.remoteAddress), this.#beginTurn)
  }

  /**
   * Begins a turn, unless one is awaited: the client has sent more bytes, and all earlier requests
   * have their responses.
   */
  beginRead(): void {
    if (this.#isWaitingForTurn) return
    this.#answeredCount = 0
    this.#hasTurn = false
  }

  /**
   * Handles a request: at once, unless its handler takes time, or too many others came in this turn
   * of the loop.
   *
   * @throws {TypeError} If another request is under way.
   */
  push(request: RtspRequest): void {
    if (this.#isAnswering) throw new TypeError('a request is under way already')
    this.#isAnswering = true
    this.#latest = request
    if (this.#hasTurn || this.#turns.take()) this.#begin(request)
    else {
      this.#turns.wait(hostOf(this.#owner.remoteAddress), () => {
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

  /** @returns A promise only if the handler returns one. */
  #answer(request: RtspRequest): Promise<void> | undefined {
    const refuse = (error: unknown): undefined => {
      try {
        this.#owner.failed(error, request)
        this.#owner.reply(errorReply(error), request)
      } catch (failure) {
        this.#owner.abandoned(failure, request)
      }
    }
    try {
      const reply = this.#owner.handle(request)
      if (reply instanceof Promise) {
        return reply.then((settled) => this.#owner.reply(settled, request)).catch(refuse)
      }
      this.#owner.reply(reply, request)
    } catch (error) {
      refuse(error)
    }
    return undefined
  }
}
