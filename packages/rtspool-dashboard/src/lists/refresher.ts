import type { EventStream } from '../api/event-stream.js'

/** Minimum time between two refreshes in milliseconds, because any number of events may arrive. */
const shortestMs = 1000
/**
 * Milliseconds to wait after an event before the data is read again, because further events of the same cause may
 * arrive.
 */
const settleMs = 100

export interface RefreshTimes {
  /** Types of events after which the data must be read again. */
  readonly types: readonly string[]
  /** Milliseconds between refreshes without an event; 0 = only after events. */
  readonly everyMs: number
}

/**
 * Calls a function that reads data again: soon after events that change the data, at most once a second, and at
 * intervals. Waits while the page is hidden.
 */
export class Refresher {
  readonly #refresh: () => Promise<unknown>
  readonly #everyMs: number
  readonly #unsubscribe: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #lastAt = Number.NEGATIVE_INFINITY
  #hasMissed = false
  #isClosed = false

  constructor(
    events: Pick<EventStream, 'subscribe'>,
    { types, everyMs }: RefreshTimes,
    refresh: () => Promise<unknown>,
  ) {
    this.#refresh = refresh
    this.#everyMs = everyMs
    // Lost events may have been of any type.
    this.#unsubscribe = events.subscribe(() => this.#soon(), [...types, 'eventsLost'])
    globalThis.document?.addEventListener('visibilitychange', this.#onVisibility)
    this.#later()
  }

  close(): void {
    this.#isClosed = true
    globalThis.document?.removeEventListener('visibilitychange', this.#onVisibility)
    this.#unsubscribe()
    clearTimeout(this.#timer)
  }

  #soon(): void {
    this.#scheduleAt(Math.max(performance.now() + settleMs, this.#lastAt + shortestMs))
  }

  #later(): void {
    if (this.#everyMs > 0) this.#scheduleAt(performance.now() + this.#everyMs)
  }

  #scheduleAt(time: number): void {
    if (this.#isClosed || time >= this.#dueAt) return
    this.#dueAt = time
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), time - performance.now())
  }

  async #run(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY
    // Nobody looks at a page in the background: it is refreshed when somebody does.
    this.#hasMissed = globalThis.document?.hidden === true
    if (this.#hasMissed) return
    this.#lastAt = performance.now()
    await this.#refresh()
    this.#later()
  }

  readonly #onVisibility = (): void => {
    if (this.#hasMissed && !document.hidden) this.#soon()
  }
}
