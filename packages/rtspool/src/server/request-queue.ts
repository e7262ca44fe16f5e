import type { RtspRequest } from '../rtsp/index.js'
import { errorReply } from './error-reply.js'
import type { Reply } from './request-context.js'

/** Requests that are answered before it is the turn of other connections; what came in one read may be thousands. */
const requestsPerTurn = 16

/** What a {@link RequestQueue} leaves to its connection. */
export interface RequestQueueOwner {
  /** Whether the client takes its answers; as long as it does not, nothing more is asked of a handler. */
  readonly takesAnswers: boolean
  handle(request: RtspRequest): Reply | Promise<Reply>
  reply(reply: Reply, request: RtspRequest): void
  /** `handle` or `reply` has thrown; the client is told about it. */
  failed(error: unknown, request: RtspRequest): void
  /** All requests that came so far are answered. */
  answered(): void
}

/** Answers the requests of a connection one after the other, in the order in which they came. */
export class RequestQueue {
  readonly #owner: RequestQueueOwner
  readonly #waiting: RtspRequest[] = []
  #isAnswering = false

  constructor(owner: RequestQueueOwner) {
    this.#owner = owner
  }

  /** Requests that wait, without the one that is being answered. */
  get size(): number {
    return this.#waiting.length
  }

  get isAnswering(): boolean {
    return this.#isAnswering
  }

  push(request: RtspRequest): void {
    this.#waiting.push(request)
  }

  /** Forgets the requests that wait. */
  clear(): void {
    this.#waiting.length = 0
  }

  /** Answers what waits, at once as long as no handler takes its time and the client takes the answers. */
  async run(): Promise<void> {
    if (this.#isAnswering) return
    this.#isAnswering = true
    for (let answeredCount = 1; this.#owner.takesAnswers; answeredCount++) {
      const request = this.#waiting.shift()
      if (!request) break
      const answered = this.#answer(request)
      if (answered) await answered
      const isTurnOver = answeredCount % requestsPerTurn === 0 && this.#waiting.length > 0
      if (isTurnOver) await new Promise(setImmediate)
    }
    this.#isAnswering = false
    if (this.#waiting.length === 0) this.#owner.answered()
  }

  /** Goes on where the client had not taken its answers. */
  resume(): void {
    if (!this.#isAnswering && this.#waiting.length > 0) void this.run()
  }

  /** @returns A promise only when the handler does. */
  #answer(request: RtspRequest): Promise<void> | undefined {
    const refuse = (error: unknown): undefined => {
      this.#owner.failed(error, request)
      this.#owner.reply(errorReply(error), request)
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
