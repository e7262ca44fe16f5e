import { type ReadonlySignal, signal } from '@preact/signals'
import { type ApiClient, ApiError } from './api-client.js'
import { EventParser, type ServerEvent } from './event-parser.js'

/** Function that a part of the page subscribes, and that receives events in the order of the server. */
export type EventListener = (event: ServerEvent) => void

/** Event id that no server has used. Sent as the last received id, it makes the API send all events that it stores. */
const oldestId = 'aaaaaaaa.0'
const firstWaitMs = 1_000
const longestWaitMs = 30_000
/**
 * Milliseconds without received data after which a connection counts as broken. The server sends a heartbeat every 15
 * seconds.
 */
const silenceMs = 40_000

/**
 * Receives the events of the server for all parts of the page over one connection. A connection
 * that breaks is opened again after a growing delay, and continues after the last received event.
 */
export class EventStream {
  readonly #client: ApiClient
  readonly #listeners = new Set<EventListener>()
  readonly #isOpen = signal(false)
  readonly #problem = signal('')
  #lastId: string | undefined
  #waitMs = firstWaitMs
  #connection: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * Opens no connection before the first {@link subscribe}.
   *
   * @param first - First event to receive: the next one, or the oldest that the server has stored.
   */
  constructor(client: ApiClient, first: 'next' | 'oldest' = 'next') {
    this.#client = client
    this.#lastId = first === 'oldest' ? oldestId : undefined
  }

  /** Signal that is true while the connection is open and events arrive as they happen. */
  get isOpen(): ReadonlySignal<boolean> {
    return this.#isOpen
  }

  /** Sentence for the user about a failure to connect; empty if the last attempt succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  /**
   * Calls a listener for each event from now on. The connection is open while there is a listener.
   *
   * @param types - Types of the events. Default: all types.
   * @returns A function that ends the subscription.
   */
  subscribe(listener: EventListener, types?: readonly string[]): () => void {
    const selective: EventListener = (event) => {
      if (types === undefined || types.includes(event.type)) listener(event)
    }
    this.#listeners.add(selective)
    if (!this.#connection && this.#timer === undefined) void this.#connect()
    return () => {
      this.#listeners.delete(selective)
      if (this.#listeners.size === 0) this.close()
    }
  }

  /** Closes the connection and removes all listeners. */
  close(): void {
    this.#listeners.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#connection?.abort()
    this.#connection = undefined
    this.#isOpen.value = false
  }

  async #connect(): Promise<void> {
    this.#timer = undefined
    const connection = new AbortController()
    this.#connection = connection
    try {
      const headers = { ...(this.#lastId !== undefined && { 'last-event-id': this.#lastId }) }
      const response = await this.#client.open('/v1/events', headers, connection.signal)
      this.#isOpen.value = true
      this.#problem.value = ''
      this.#waitMs = firstWaitMs
      if (response.body) await this.#read(response.body.getReader(), connection)
      if (this.#connection === connection) this.#problem.value = 'The stream of events has ended.'
    } catch (error) {
      if (this.#connection === connection) this.#failed(error)
    }
    connection.abort()
    if (this.#connection === connection) this.#connectLater()
  }

  #failed(error: unknown): void {
    this.#problem.value = error instanceof ApiError ? error.message : 'The server does not respond.'
    // An id that the server does not accept would never be accepted.
    if (error instanceof ApiError && error.status === 400) this.#lastId = undefined
  }

  async #read(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    connection: AbortController,
  ): Promise<void> {
    const parser = new EventParser()
    const decoder = new TextDecoder()
    for (;;) {
      const silence = setTimeout(() => connection.abort(), silenceMs)
      const { done, value } = await reader.read().finally(() => clearTimeout(silence))
      if (done || this.#connection !== connection) return
      for (const event of parser.read(decoder.decode(value, { stream: true }))) this.#tell(event)
    }
  }

  #tell(event: ServerEvent): void {
    this.#lastId = event.id
    for (const listener of this.#listeners) listener(event)
  }

  #connectLater(): void {
    this.#connection = undefined
    this.#isOpen.value = false
    // Pages of many people do not come back in the same moment.
    const waitMs = this.#waitMs * (0.5 + Math.random() / 2)
    this.#timer = setTimeout(() => void this.#connect(), waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs)
  }
}
