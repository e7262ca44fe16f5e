import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { ServerEvent } from '../api/event-parser.js'
import type { EventStream } from '../api/event-stream.js'

/** Maximum number of events that the page stores: as many as the server stores by default. */
const keptEvents = 5_000
/**
 * Milliseconds for which received events are collected before the list changes, so that many events change the list
 * once.
 */
const publishMs = 250

/**
 * Stores the events of the server for the page, the newest first. Filters events by type and text, and can pause the
 * list.
 */
export class EventLog {
  /** Types of events that are shown; empty = all types. */
  readonly types = signal<ReadonlySet<string>>(new Set())
  /** Text that an event must contain to be shown; empty = any event. */
  readonly text = signal('')
  readonly #unsubscribe: () => void
  readonly #kept = signal<readonly ServerEvent[]>([])
  /** Events that were stored when the user paused the list; `undefined` while it is not paused. */
  readonly #frozen = signal<readonly ServerEvent[] | undefined>(undefined)
  /** Number of events that have arrived since the user paused the list. */
  readonly #newer = signal(0)
  /** Text of each event in lower case, created when the user first searches for a text. */
  readonly #texts = new WeakMap<ServerEvent, string>()
  /** Events that have arrived but are not in the list yet, the oldest first. */
  #arrived: ServerEvent[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Events that match the filters, among those stored now, or at the time of the pause. */
  readonly shown: ReadonlySignal<readonly ServerEvent[]> = computed(() => {
    const types = this.types.value
    const wanted = this.text.value.trim().toLowerCase()
    const events = this.#frozen.value ?? this.#kept.value
    if (types.size === 0 && wanted === '') return events
    return events.filter((event) => {
      const isOfType = types.size === 0 || types.has(event.type)
      return isOfType && (wanted === '' || this.#textOf(event).includes(wanted))
    })
  })

  constructor(stream: Pick<EventStream, 'subscribe'>) {
    this.#unsubscribe = stream.subscribe((event) => this.#add(event))
  }

  get isPaused(): boolean {
    return this.#frozen.value !== undefined
  }

  /** Number of events that have arrived since the user paused the list. */
  get newer(): number {
    return this.#newer.value
  }

  /** Number of stored events, those that the filter hides included. */
  get size(): number {
    return this.#kept.value.length
  }

  /** Pauses the list: later events are stored, but not shown before {@link resume}. */
  pause(): void {
    this.#publish()
    this.#frozen.value = this.#kept.peek()
    this.#newer.value = 0
  }

  resume(): void {
    this.#publish()
    this.#frozen.value = undefined
  }

  /** Adds a type of events to the filter {@link types}, or removes a type that is there. */
  toggle(type: string): void {
    const types = new Set(this.types.peek())
    if (!types.delete(type)) types.add(type)
    this.types.value = types
  }

  /** Removes all events that have arrived so far, and ends a pause. */
  clear(): void {
    this.#arrived = []
    this.#kept.value = []
    this.#frozen.value = undefined
  }

  close(): void {
    this.#unsubscribe()
    clearTimeout(this.#timer)
  }

  #add(event: ServerEvent): void {
    this.#arrived.push(event)
    this.#timer ??= setTimeout(() => this.#publish(), publishMs)
    // A page in the background has slow timers.
    if (this.#arrived.length >= keptEvents) this.#publish()
  }

  #publish(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#arrived.length === 0) return
    const arrived = this.#arrived.reverse()
    this.#arrived = []
    this.#kept.value = [...arrived, ...this.#kept.peek()].slice(0, keptEvents)
    if (this.#frozen.peek()) this.#newer.value += arrived.length
  }

  #textOf(event: ServerEvent): string {
    let text = this.#texts.get(event)
    if (text === undefined) {
      text = JSON.stringify(event).toLowerCase()
      this.#texts.set(event, text)
    }
    return text
  }
}
