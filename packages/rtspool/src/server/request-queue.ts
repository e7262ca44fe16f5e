import type { RtspRequest } from '../rtsp/index.js'
import { errorReply } from './error-reply.js'
import type { Reply } from './request-context.js'

/** What a {@link RequestQueue} leaves to its connection. */
export interface RequestQueueOwner {
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

  /** Answers what waits, at once as long as no handler takes its time. */
  async run(): Promise<void> {
    if (this.#isAnswering) return
    this.#isAnswering = true
    for (let request = this.#waiting.shift(); request; request = this.#waiting.shift()) {
      const answered = this.#answer(request)
      if (answered) await answered
    }
    this.#isAnswering = false
    this.#owner.answered()
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
