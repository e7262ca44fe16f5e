/** A connection whose client may have stopped sending. */
export interface QuietSource {
  /**
   * Number of chunks read from the connection so far. If it stays the same, the client has sent
   * nothing.
   */
  readonly readCount: number
  /** True if the connection has no session, and no request that waits for its response. */
  readonly isIdle: boolean
}

interface Quiet {
  readonly readCount: number
  readonly since: number
}

/**
 * Measures for how long idle connections have received nothing, counted from the first check on.
 * Costs nothing for each received byte.
 */
export class QuietTimes<T extends QuietSource> {
  #quiet = new WeakMap<T, Quiet>()

  /**
   * Returns for how long a connection has been idle, as seen by these checks.
   *
   * @param now - Time of the check in milliseconds of the clock.
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

  /** Forgets all connections, so that their idle times count from the next check. */
  clear(): void {
    this.#quiet = new WeakMap()
  }
}
