import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { ServerEvent } from '../api/event-parser.js'
import type { EventStream } from '../api/event-stream.js'

/** Events that the page keeps: as many as the server does by default. */
const keptEvents = 5_000

/** The events of the server, the newest first. */
export class EventLog {
  /** Types that are shown; empty = all. */
  readonly types = signal<ReadonlySet<string>>(new Set())
  /** Text that an event must contain. */
  readonly text = signal('')
  readonly #unsubscribe: () => void
  readonly #kept = signal<readonly ServerEvent[]>([])
  /** Events at the time of the pause. */
  readonly #frozen = signal<readonly ServerEvent[] | undefined>(undefined)
  /** Events that have arrived since the pause. */
  readonly #newer = signal(0)
  #arrived: ServerEvent[] = []
  #isWaiting = false

  /** Events that match the filters. */
  readonly shown: ReadonlySignal<readonly ServerEvent[]> = computed(() => {
    const types = this.types.value
    const wanted = this.text.value.trim().toLowerCase()
    const events = this.#frozen.value ?? this.#kept.value
    if (types.size === 0 && wanted === '') return events
    return events.filter((event) => {
      const isOfType = types.size === 0 || types.has(event.type)
      return isOfType && (wanted === '' || JSON.stringify(event).toLowerCase().includes(wanted))
    })
  })

  constructor(stream: Pick<EventStream, 'subscribe'>) {
    this.#unsubscribe = stream.subscribe((event) => this.#add(event))
  }

  get isPaused(): boolean {
    return this.#frozen.value !== undefined
  }

  /** Number of events that have arrived since the pause. */
  get newer(): number {
    return this.#newer.value
  }

  /** Number of events that are kept, whatever the filters. */
  get size(): number {
    return this.#kept.value.length
  }

  /** Keeps the list as it is; events go on to arrive, and are shown afterwards. */
  pause(): void {
    this.#frozen.value = this.#kept.peek()
    this.#newer.value = 0
  }

  resume(): void {
    this.#frozen.value = undefined
  }

  /** Shows events of a type, or no longer. */
  toggle(type: string): void {
    const types = new Set(this.types.peek())
    if (!types.delete(type)) types.add(type)
    this.types.value = types
  }

  /** Forgets what has arrived so far. */
  clear(): void {
    this.#kept.value = []
    this.#frozen.value = undefined
  }

  close(): void {
    this.#unsubscribe()
  }

  /** Many events of one message of the server change the list once. */
  #add(event: ServerEvent): void {
    this.#arrived.push(event)
    if (this.#isWaiting) return
    this.#isWaiting = true
    queueMicrotask(() => {
      this.#isWaiting = false
      const arrived = this.#arrived.reverse()
      this.#arrived = []
      this.#kept.value = [...arrived, ...this.#kept.peek()].slice(0, keptEvents)
      if (this.#frozen.peek()) this.#newer.value += arrived.length
    })
  }
}
