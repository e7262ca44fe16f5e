import { type ReadonlySignal, signal } from '@preact/signals'

/** A value that is read from the API again at intervals, while the page is visible. */
export class Polled<Value> {
  readonly #read: () => Promise<Value>
  readonly #everyMs: number
  readonly #value = signal<Value | undefined>(undefined)
  readonly #problem = signal('')
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  /** Number of reads so far, and the number of the latest one that has ended. */
  #begun = 0
  #newest = 0

  /**
   * Starts to read the value, at once and then at intervals.
   *
   * @param read - Reads the value; may reject, which is reported in `problem`.
   * @param everyMs - Milliseconds between the end of one read and the next one.
   */
  constructor(read: () => Promise<Value>, everyMs: number) {
    this.#read = read
    this.#everyMs = everyMs
    globalThis.document?.addEventListener('visibilitychange', this.#onVisibility)
    void this.refresh()
  }

  /** Value of the last successful request; `undefined` before the first one. */
  get value(): ReadonlySignal<Value | undefined> {
    return this.#value
  }

  /** Sentence for the user about a failed request; empty if the last one succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer)
    const own = ++this.#begun
    // A slow read may end after a later one, whose result is newer.
    const isLate = (): boolean => this.#isClosed || own < this.#newest
    try {
      const value = await this.#read()
      if (isLate()) return
      this.#value.value = value
      this.#problem.value = ''
    } catch (error) {
      if (isLate()) return
      this.#problem.value = error instanceof Error ? error.message : String(error)
    }
    this.#newest = own
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#next(), this.#everyMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    globalThis.document?.removeEventListener('visibilitychange', this.#onVisibility)
  }

  /** Reads the value again. While the page is hidden, waits until it is visible. */
  async #next(): Promise<void> {
    if (!globalThis.document?.hidden) await this.refresh()
  }

  readonly #onVisibility = (): void => {
    if (!document.hidden) void this.refresh()
  }
}
