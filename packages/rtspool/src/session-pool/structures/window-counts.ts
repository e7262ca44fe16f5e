interface Window {
  count: number
  readonly since: number
}

/** Counts events by key in a window of time, which begins with the first event of a key. */
export class WindowCounts {
  readonly #windowMs: number
  readonly #maxKeys: number
  /** Windows in the order of their beginning. */
  readonly #windows = new Map<string, Window>()

  /** @param maxKeys - Above it, the window that began first is forgotten. */
  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** Number of keys with an unfinished window, and some whose window has ended. */
  get size(): number {
    return this.#windows.size
  }

  /** Counts an event. @returns Events of the key in its window so far, this one included. */
  note(key: string, now: number): number {
    const window = this.#windows.get(key)
    if (window !== undefined && now - window.since < this.#windowMs) return ++window.count
    this.#windows.delete(key)
    this.#forgetFirst(now)
    this.#windows.set(key, { count: 1, since: now })
    return 1
  }

  /** Begins anew for a key. */
  forget(key: string): void {
    this.#windows.delete(key)
  }

  /** Makes room: forgets windows that have ended, at least one if all places are taken. */
  #forgetFirst(now: number): void {
    for (const [key, { since }] of this.#windows) {
      const isFull = this.#windows.size >= this.#maxKeys
      if (!isFull && now - since < this.#windowMs) return
      this.#windows.delete(key)
    }
  }
}
