import { type ReadonlySignal, signal } from '@preact/signals'

/** Something that is read again and again, for as long as the page is shown. */
export class Polled<Value> {
  readonly #read: () => Promise<Value>
  readonly #everyMs: number
  readonly #value = signal<Value | undefined>(undefined)
  readonly #problem = signal('')
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /** @param everyMs - Milliseconds between the end of a reading and the next one. */
  constructor(read: () => Promise<Value>, everyMs: number) {
    this.#read = read
    this.#everyMs = everyMs
    globalThis.document?.addEventListener('visibilitychange', this.#onVisibility)
    void this.refresh()
  }

  /** The last value; `undefined` before the first one. */
  get value(): ReadonlySignal<Value | undefined> {
    return this.#value
  }

  /** Sentence about the last reading; empty if it succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      const value = await this.#read()
      if (this.#isClosed) return
      this.#value.value = value
      this.#problem.value = ''
    } catch (error) {
      this.#problem.value = error instanceof Error ? error.message : String(error)
    }
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#next(), this.#everyMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    globalThis.document?.removeEventListener('visibilitychange', this.#onVisibility)
  }

  /** Nobody looks at a hidden page: the reading waits until it is shown. */
  async #next(): Promise<void> {
    if (!globalThis.document?.hidden) await this.refresh()
  }

  readonly #onVisibility = (): void => {
    if (!document.hidden) void this.refresh()
  }
}
