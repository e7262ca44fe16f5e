import type { Logger } from 'pino'
import { type Backoff, backoffMs, type Clock, type ClockTimer, systemClock } from 'rtspool'
import { type Receiver, receiverOf, signedHeaders } from '../access/receiver.js'
import type { EventFeed, FeedEvent } from './event-feed.js'
import type { EventType } from './event-types.js'

/**
 * Delays before an event is sent again: 1 to 1.2 s after the first failure, then twice as long each. The longest is 60
 * to 72 s.
 */
const retries: Backoff = { firstMs: 1_200, maxMs: 72_000, jitter: 1 / 6 }
const eventsPerRead = 100

/** Receiver of a {@link Webhook}, key of the signature, and number and time limit of the attempts to send. */
export interface WebhookOptions {
  /**
   * URL of the receiver, with `http` or `https`. Name and password in the URL are sent as Basic
   * authentication.
   */
  readonly url: string
  /** Key with which each request is signed, so that the receiver can check the sender; absent = no signature. */
  readonly secret?: string | undefined
  /** Types of events that are sent to the receiver. @default all */
  readonly types?: ReadonlySet<EventType> | undefined
  /**
   * Number of attempts for one event. After the last failure, the event is not sent.
   * @default 10, which take about 6 minutes
   */
  readonly maxAttempts?: number | undefined
  /** Maximum milliseconds for one attempt to send an event, after which the attempt fails. @default 10000 */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
  /** Function that sends a request; another one serves tests. @default `fetch` of Node */
  readonly post?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
}

/** Counters of a webhook since its start. */
export interface WebhookStats {
  readonly delivered: number
  readonly retried: number
  /** Number of events that were not sent: all attempts failed, or the receiver refused them. */
  readonly failed: number
  /** Number of events that the feed no longer contained when the receiver was ready for them. */
  readonly lost: number
}

/**
 * Sends the events of a feed to a receiver (an HTTP server) by POST, one at a time and in order.
 * Unsent events are stored only in the feed. A receiver that is unreachable for long loses the
 * oldest events, and is told how many.
 *
 * @see https://www.standardwebhooks.com for the headers and the signature
 */
export class Webhook {
  readonly #feed: EventFeed
  readonly #log: Logger
  readonly #options: WebhookOptions
  readonly #receiver: Receiver
  readonly #clock: Clock
  readonly #maxAttempts: number
  readonly #timeoutMs: number
  readonly #closing = new AbortController()
  readonly #unsubscribe: () => void
  readonly #counts = { delivered: 0, retried: 0, failed: 0, lost: 0 }
  #position: number
  #running: Promise<void> | undefined
  #timer: ClockTimer | undefined
  #wake: (() => void) | undefined

  /**
   * Starts to send the events that are published from now on.
   *
   * @throws {TypeError} The URL is invalid.
   */
  constructor(feed: EventFeed, log: Logger, options: WebhookOptions) {
    this.#feed = feed
    this.#log = log
    this.#options = options
    this.#receiver = receiverOf(options.url)
    this.#clock = options.clock ?? systemClock
    this.#maxAttempts = options.maxAttempts ?? 10
    this.#timeoutMs = options.timeoutMs ?? 10_000
    this.#position = feed.end
    this.#unsubscribe = feed.subscribe(() => this.#start())
  }

  get stats(): WebhookStats {
    return { ...this.#counts }
  }

  /** Aborts the current attempt, and sends nothing more. Idempotent. */
  async close(): Promise<void> {
    this.#unsubscribe()
    this.#closing.abort()
    this.#timer?.cancel()
    this.#wake?.()
    await this.#running
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#position < this.#feed.end && !this.#isClosing) this.#start()
    })
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  async #run(): Promise<void> {
    while (this.#position < this.#feed.end && !this.#isClosing) {
      const { events, lost, next } = this.#feed.read(this.#position, eventsPerRead)
      if (lost > 0) {
        this.#counts.lost += lost
        await this.#deliver(this.#feed.lostNotice(lost, next - events.length))
      }
      this.#position = next
      for (const event of events) {
        if (this.#wants(event)) await this.#deliver(event)
      }
    }
  }

  #wants({ type }: FeedEvent): boolean {
    return this.#options.types === undefined || this.#options.types.has(type)
  }

  async #deliver(event: FeedEvent): Promise<void> {
    for (let attempt = 1; !this.#isClosing; attempt++) {
      const reason = await this.#attempt(event)
      if (reason === undefined) {
        this.#counts.delivered++
        return
      }
      if (this.#isClosing) return
      if (!reason.mayRetry || attempt >= this.#maxAttempts) {
        this.#counts.failed++
        const facts = { event: event.id, type: event.type, attempts: attempt, reason: reason.text }
        this.#log.warn(facts, 'webhook did not receive an event')
        return
      }
      this.#counts.retried++
      await this.#pause(attempt)
    }
  }

  /**
   * Sends an event to the receiver once.
   *
   * @returns The reason of a failure, and whether another attempt may succeed; `undefined` after a success.
   */
  async #attempt(event: FeedEvent): Promise<Refusal | undefined> {
    const body = JSON.stringify(event)
    const { post = fetch } = this.#options
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    try {
      const response = await post(this.#receiver.url, {
        method: 'POST',
        body,
        headers: this.#headersFor(event, body),
        redirect: 'error',
        signal: AbortSignal.any([timeout, this.#closing.signal]),
      })
      await response.body?.cancel()
      if (response.ok) return undefined
      return { text: `status ${response.status}`, mayRetry: isPassing(response.status) }
    } catch (error) {
      return { text: reasonOf(error), mayRetry: true }
    }
  }

  #headersFor({ id }: FeedEvent, body: string): Record<string, string> {
    const unixSeconds = Math.floor(this.#clock.unixTimeMs() / 1000)
    const signed = signedHeaders({ id, unixSeconds, body }, this.#options.secret)
    return { ...this.#receiver.headers, ...signed }
  }

  #pause(attempt: number): Promise<void> {
    const delayMs = backoffMs(retries, attempt, Math.random())
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#timer = this.#clock.schedule(resolve, delayMs, false)
    })
  }
}

interface Refusal {
  readonly text: string
  readonly mayRetry: boolean
}

/**
 * Returns whether a status of the receiver's response means a temporary failure: the receiver fails, is busy, or is
 * slow. Another attempt may then succeed.
 */
const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 429

/**
 * Returns the reason of a failed request. The message of `fetch` is not used: it is the same for
 * all causes, or shows the URL, which may contain secrets.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause, name } = error
  return cause instanceof Error ? messageOf(cause) : name
}

/**
 * Returns the message of an error. The error of a connection to a host with several addresses has a message for each
 * address, and none of its own.
 */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message
  const inner = error instanceof AggregateError ? (error.errors as readonly unknown[]) : []
  const messages = inner.flatMap((each) => (each instanceof Error ? messageOf(each) : []))
  return [...new Set(messages)].join('; ') || ((error as NodeJS.ErrnoException).code ?? error.name)
}
