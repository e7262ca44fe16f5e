import type { RtspRequest } from '../../rtsp/index.js'
import type { Reply } from '../request/request-context.js'
import { errorReply } from './error-reply.js'
import type { RequestTurns } from './request-turns.js'

/** Requests that are answered before it is the turn of other connections; one read may bring thousands. */
const requestsPerTurn = 4

/** What a {@link RequestQueue} leaves to its connection. */
export interface RequestQueueOwner {
  /** Whether the client takes its answers; as long as it does not, nothing more is asked of a handler. */
  readonly takesAnswers: boolean
  /** Nobody is there any more to be answered. */
  readonly isClosed: boolean
  handle(request: RtspRequest): Reply | Promise<Reply>
  reply(reply: Reply, request: RtspRequest): void
  /** `handle` or `reply` has thrown; the client is told about it. */
  failed(error: unknown, request: RtspRequest): void
  /** The request is answered, or a new turn has begun: another one may be ready to be taken. */
  answered(): void
  /**
   * Telling of a failure has itself failed, or going on after an answer has. The connection ends, and nobody else
   * notices: the queue throws nothing, and rejects nothing.
   *
   * @param request - The latest request of the connection.
   */
  abandoned(error: unknown, request: RtspRequest): void
}

/**
 * Answers the requests of a connection one after the other, in the order in which they came. One request is under way
 * at a time; what follows it waits as bytes, outside of the queue, until the queue {@link isReady}.
 */
export class RequestQueue {
  readonly #owner: RequestQueueOwner
  readonly #turns: RequestTurns
  #isAnswering = false
  #isWaitingForTurn = false
  /** The connection has waited for this turn, and may answer {@link requestsPerTurn} requests. */
  #hasTurn = false
  /** Requests that were answered since the last turn began. */
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

  /** Another request may be pushed: none is under way, the client takes answers, no turn is waited for. */
  get isReady(): boolean {
    return !this.#isAnswering && !this.#isWaitingForTurn && this.#owner.takesAnswers
  }

  /** Lets no request be pushed before the next turn. The owner learns of that turn by `answered`. */
  waitForTurn(): void {
    if (this.#isWaitingForTurn) return
    this.#isWaitingForTurn = true
    this.#turns.wait(this.#beginTurn)
  }

  /** Begins a turn, unless one is waited for: the client has sent something new, and everything before is answered. */
  beginRead(): void {
    if (this.#isWaitingForTurn) return
    this.#answeredCount = 0
    this.#hasTurn = false
  }

  /**
   * Answers a request, at once unless its handler takes its time or too many others came in this turn of the loop.
   *
   * @throws {TypeError} When another one is under way.
   */
  push(request: RtspRequest): void {
    if (this.#isAnswering) throw new TypeError('a request is under way already')
    this.#isAnswering = true
    this.#latest = request
    if (this.#hasTurn || this.#turns.take()) this.#begin(request)
    else {
      this.#turns.wait(() => {
        this.#hasTurn = true
        if (this.#owner.isClosed) this.#isAnswering = false
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

  /** @returns A promise only when the handler does. */
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
