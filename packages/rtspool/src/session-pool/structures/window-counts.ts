interface Window {
  count: number
  readonly since: number
}

/**
 * Counts events by key within a period of time. The period of a key starts with its first event,
 * and the count starts again after it.
 */
export class WindowCounts {
  readonly #windowMs: number
  readonly #maxKeys: number
  /** Running periods in which events are counted, by key, in the order in which they began. */
  readonly #windows = new Map<string, Window>()

  /**
   * Creates counters of events by key.
   *
   * @param windowMs - Length of the period in milliseconds.
   * @param maxKeys - Maximum number of keys; beyond it, the period that began first is removed.
   */
  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** Number of stored keys, including some whose period is over. */
  get size(): number {
    return this.#windows.size
  }

  /**
   * Counts an event of a key.
   *
   * @param now - Milliseconds of a monotonic clock.
   * @returns Number of events of the key in its period so far, this one included.
   */
  note(key: string, now: number): number {
    const window = this.#windows.get(key)
    if (window !== undefined && now - window.since < this.#windowMs) return ++window.count
    this.#windows.delete(key)
    this.#forgetFirst(now)
    this.#windows.set(key, { count: 1, since: now })
    return 1
  }

  /** Removes a key and its count of events. */
  forget(key: string): void {
    this.#windows.delete(key)
  }

  /**
   * Removes the keys whose period of counting is over. If the maximum number of keys is reached, removes at least
   * one.
   */
  #forgetFirst(now: number): void {
    for (const [key, { since }] of this.#windows) {
      const isFull = this.#windows.size >= this.#maxKeys
      if (!isFull && now - since < this.#windowMs) return
      this.#windows.delete(key)
    }
  }
}
