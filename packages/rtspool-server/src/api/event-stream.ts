import type { ServerResponse } from 'node:http'
import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { EventFeed, FeedEvent } from '../events/event-feed.js'
import type { EventType } from '../events/event-types.js'

const heartbeatMs = 15_000
/**
 * Number of unread heartbeats (empty messages at intervals) after which the client is disconnected.
 */
const maxUnreadHeartbeats = 4
const eventsPerWrite = 100
/** Milliseconds after which a client should connect again. The event stream sends this value to the client. */
const retryMs = 2000

/** Selection of events for one client: their types, and the first position. */
export interface EventSelection {
  /** Types of events that the client receives; `undefined` = all. */
  readonly types: ReadonlySet<EventType> | undefined
  /** Position in the feed at which the client begins to read: that of the first event to send. */
  readonly position: number
}

/**
 * Sends events to one client, as Server-Sent Events. Events that the client has not read yet are
 * stored only in the feed, which all clients share. A client that reads nothing for a minute is
 * disconnected.
 */
export class EventStream {
  /**
   * Idle timeout in milliseconds for a connection with a stream. It is long enough that only the
   * stream ends the connection.
   */
  static readonly idleTimeoutMs = heartbeatMs * (maxUnreadHeartbeats + 2)

  readonly #feed: EventFeed
  readonly #response: ServerResponse
  readonly #types: ReadonlySet<EventType> | undefined
  readonly #clock: Clock
  readonly #unsubscribe: () => void
  #position: number
  #timer: ClockTimer
  #isBlocked = false
  #unreadHeartbeats = 0

  constructor(
    feed: EventFeed,
    response: ServerResponse,
    { types, position }: EventSelection,
    clock: Clock = systemClock,
  ) {
    this.#feed = feed
    this.#response = response
    this.#types = types
    this.#position = position
    this.#clock = clock
    this.#unsubscribe = feed.subscribe(() => this.#send())
    this.#timer = this.#schedule()
    response.on('close', () => this.#release())
    response.on('drain', () => {
      this.#isBlocked = false
      this.#unreadHeartbeats = 0
      this.#send()
    })
    this.#write(`retry: ${retryMs}\n\n`)
    this.#send()
  }

  #release(): void {
    this.#unsubscribe()
    this.#timer.cancel()
  }

  #schedule(): ClockTimer {
    return this.#clock.schedule(() => this.#beat(), heartbeatMs, false)
  }

  #beat(): void {
    this.#timer = this.#schedule()
    if (!this.#isBlocked) this.#write(':\n\n')
    else if (++this.#unreadHeartbeats >= maxUnreadHeartbeats) this.#response.destroy()
  }

  #send(): void {
    while (!this.#isBlocked && this.#position < this.#feed.end) {
      const { events, lost, next } = this.#feed.read(this.#position, eventsPerWrite)
      const first = next - events.length
      const all = lost > 0 ? [this.#feed.lostNotice(lost, first), ...events] : events
      this.#position = next
      const wanted = all.filter(({ type }) => this.#wants(type))
      if (wanted.length > 0) this.#write(wanted.map(textOf).join(''))
    }
  }

  #wants(type: EventType): boolean {
    return type === 'eventsLost' || this.#types === undefined || this.#types.has(type)
  }

  #write(text: string): void {
    if (!this.#response.write(text)) this.#isBlocked = true
  }
}

/** Formats an event as a Server-Sent Event. The JSON is one line, because line breaks in strings are escaped. */
const textOf = (event: FeedEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
