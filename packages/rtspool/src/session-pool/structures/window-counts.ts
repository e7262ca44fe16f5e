interface Window {
  count: number
  readonly since: number
}

/**
 * Counts events by key. The count of a key starts again when the window of time since its first
 * event is over.
 */
export class WindowCounts {
  readonly #windowMs: number
  readonly #maxKeys: number
  /** Windows by key, in the order in which they began. */
  readonly #windows = new Map<string, Window>()

  /**
   * @param maxKeys - Maximum number of keys; beyond it, the window that began first is forgotten.
   */
  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** Number of keys that are remembered, including some whose window is over. */
  get size(): number {
    return this.#windows.size
  }

  /**
   * Counts an event.
   *
   * @returns Number of events of the key in its window so far, this one included.
   */
  note(key: string, now: number): number {
    const window = this.#windows.get(key)
    if (window !== undefined && now - window.since < this.#windowMs) return ++window.count
    this.#windows.delete(key)
    this.#forgetFirst(now)
    this.#windows.set(key, { count: 1, since: now })
    return 1
  }

  /** Resets the count of a key. */
  forget(key: string): void {
    this.#windows.delete(key)
  }

  /** Forgets the windows that are over. If the limit is reached, forgets at least one. */
  #forgetFirst(now: number): void {
    for (const [key, { since }] of this.#windows) {
      const isFull = this.#windows.size >= this.#maxKeys
      if (!isFull && now - since < this.#windowMs) return
      this.#windows.delete(key)
    }
  }
}
