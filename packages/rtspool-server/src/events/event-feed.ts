import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from 'rtspool'
import type { EventType } from './event-types.js'

/** An event of the server, in the form in which clients of the API receive it. */
export interface FeedEvent {
  /**
   * Id of the event, which contains its position in the feed. A client that sends this id gets the
   * events after it.
   */
  readonly id: string
  readonly type: EventType
  /** Time of the event, by the wall clock, in ISO 8601. */
  readonly time: string
  readonly [fact: string]: unknown
}

/** Events that {@link EventFeed.read} returns: those from a position on that are still stored. */
export interface FeedPart {
  readonly events: readonly FeedEvent[]
  /**
   * Number of events after the requested position that are no longer stored, and that the reader
   * has missed.
   */
  readonly lost: number
  /** Position after the last of the events, at which the next read must start. */
  readonly next: number
}

const idPattern = /^([\w-]{8})\.(\d{1,15})$/

/**
 * Stores the last events of the server for readers, such as event streams and webhooks. Each reader
 * has its own position, so that a slow reader costs no memory. A reader that is too slow loses the
 * oldest events, and is told how many.
 */
export class EventFeed {
  readonly #ring: (FeedEvent | undefined)[]
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  /** Prefix of the event ids of this process. Ids of an earlier process have another prefix. */
  readonly #origin = randomBytes(6).toString('base64url')
  #end = 0

  /**
   * Creates an empty feed.
   *
   * @param size - Number of events that are stored.
   */
  constructor({ size = 5000, clock = systemClock }: { size?: number; clock?: Clock } = {}) {
    this.#ring = new Array<FeedEvent | undefined>(size).fill(undefined)
    this.#clock = clock
  }

  /** Position after the last event of the feed, which is the position of the next event. Positions count from 0. */
  get end(): number {
    return this.#end
  }

  publish(type: EventType, facts: Readonly<Record<string, unknown>>): void {
    const id = this.#idAt(this.#end)
    const time = new Date(this.#clock.unixTimeMs()).toISOString()
    this.#ring[this.#end % this.#ring.length] = { id, type, time, ...facts }
    this.#end++
    for (const listener of this.#listeners) listener()
  }

  /**
   * Returns the position after the event with an id, from which a client that has received that event must read on.
   *
   * @returns 0 for an id of another process, so that the reader gets all stored events. `undefined`
   * for text that is no id.
   */
  positionAfter(id: string): number | undefined {
    const [, origin, position] = idPattern.exec(id) ?? []
    if (origin === undefined) return undefined
    return origin === this.#origin ? Math.min(Number(position) + 1, this.#end) : 0
  }

  read(position: number, limit: number): FeedPart {
    const first = Math.max(position, this.#end - this.#ring.length)
    const next = Math.min(first + limit, this.#end)
    const events: FeedEvent[] = []
    for (let at = first; at < next; at++) {
      const event = this.#ring[at % this.#ring.length]
      if (event) events.push(event)
    }
    return { events, lost: first - position, next }
  }

  /**
   * Creates the event `eventsLost`, which tells a reader that it has missed events.
   *
   * @param next - Position of the first event after the gap.
   * @param lost - Number of missed events.
   */
  lostNotice(lost: number, next: number): FeedEvent {
    const time = new Date(this.#clock.unixTimeMs()).toISOString()
    return { id: this.#idAt(next - 1), type: 'eventsLost', time, count: lost }
  }

  /**
   * Calls `listener` after each published event, without the event: the listener must read it.
   *
   * @returns A function that ends the calls.
   */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #idAt(position: number): string {
    return `${this.#origin}.${position}`
  }
}
