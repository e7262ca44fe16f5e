import { type Clock, PeriodicCheck } from '../../clock.js'

/** Functions of a connection whose client may read too slowly. */
export interface BacklogSource {
  /** Returns the age of the oldest byte that the client has not received, in milliseconds. */
  sampleBacklog(now: number): number
}

/**
 * Milliseconds between two checks of a connection, each of which costs one system call. The
 * interval is short enough for a limit of two seconds.
 */
const intervalMs = 500

/**
 * Checks all connections twice a second, and calls `onTooSlow` for those whose client leaves bytes
 * unreceived for too long. The timer runs only while there are connections.
 */
export class BacklogMonitor<T extends BacklogSource> {
  /** Maximum age in milliseconds of bytes that the client has not received; 0 = no limit. */
  maxAgeMs: number
  readonly #clock: Clock
  readonly #onTooSlow: (source: T) => void
  readonly #sources = new Set<T>()
  readonly #check: PeriodicCheck

  constructor(clock: Clock, maxAgeMs: number, onTooSlow: (source: T) => void) {
    this.#clock = clock
    this.maxAgeMs = maxAgeMs
    this.#onTooSlow = onTooSlow
    this.#check = new PeriodicCheck(clock, intervalMs, () => this.#look())
  }

  add(source: T): void {
    this.#sources.add(source)
    this.#check.start()
  }

  remove(source: T): void {
    this.#sources.delete(source)
    if (this.#sources.size === 0) this.#check.stop()
  }

  #look(): boolean {
    const now = this.#clock.now()
    for (const source of this.#sources) {
      const ageMs = source.sampleBacklog(now)
      if (this.maxAgeMs > 0 && ageMs >= this.maxAgeMs) this.#onTooSlow(source)
    }
    return this.#sources.size > 0
  }
}
