/** A connection whose client may have stopped sending. */
export interface QuietSource {
  /** Number of reads so far. A client whose number stays the same is silent. */
  readonly readCount: number
  /** True if the connection has no session, and no request that waits for its response. */
  readonly isIdle: boolean
}

interface Quiet {
  readonly readCount: number
  readonly since: number
}

/**
 * Measures for how long idle connections have received nothing, from the first check on. Takes no
 * time between checks.
 */
export class QuietTimes<T extends QuietSource> {
  #quiet = new WeakMap<T, Quiet>()

  /**
   * Checks a connection.
   *
   * @returns Milliseconds for which it has been idle and received nothing; `-1` if it is not idle.
   */
  note(source: T, now: number): number {
    if (!source.isIdle) {
      this.#quiet.delete(source)
      return -1
    }
    const { readCount } = source
    const known = this.#quiet.get(source)
    if (known?.readCount === readCount) return now - known.since
    this.#quiet.set(source, { readCount, since: now })
    return 0
  }

  /** Forgets all connections. */
  clear(): void {
    this.#quiet = new WeakMap()
  }
}
