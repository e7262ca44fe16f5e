/** A connection whose client may be silent. */
export interface QuietSource {
  /** Number of reads so far. A client whose number stays the same is silent. */
  readonly readCount: number
  /** True without a session and without a request under way. */
  readonly isIdle: boolean
}

interface Quiet {
  readonly readCount: number
  readonly since: number
}

/** Silence of idle connections, from the first look on. Costs nothing between the looks. */
export class QuietTimes<T extends QuietSource> {
  #quiet = new WeakMap<T, Quiet>()

  /** Looks at a connection. @returns Milliseconds for which it has been silent and idle; `-1` if it is neither. */
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

  /** Forgets all. */
  clear(): void {
    this.#quiet = new WeakMap()
  }
}
