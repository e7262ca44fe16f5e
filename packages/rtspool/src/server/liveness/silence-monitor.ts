import { type Clock, PeriodicCheck } from '../../clock.js'
import type { Session } from '../../session-pool/index.js'

const intervalMs = 500

/**
 * Ends recording sessions whose connection has closed and whose publisher has sent no RTP or RTCP
 * for `maxMs`: the publisher has crashed. A publisher with an open connection may only be slow. The
 * timer runs only while streams are watched, and costs nothing per packet.
 */
export class SilenceMonitor {
  readonly #clock: Clock
  #maxMs: number
  readonly #isConnected: (session: Session) => boolean
  /** Streams that are being watched; a session has one entry for each. */
  readonly #watched = new Set<{ readonly session: Session }>()
  readonly #check: PeriodicCheck

  /**
   * Creates the monitor.
   *
   * @param maxMs - Maximum silence in milliseconds; 0 = no limit but the timeout of the session.
   * @param isConnected - Returns whether the connection that last used the session is open.
   */
  constructor(clock: Clock, maxMs: number, isConnected: (session: Session) => boolean) {
    this.#clock = clock
    this.#maxMs = maxMs
    this.#isConnected = isConnected
    this.#check = new PeriodicCheck(clock, intervalMs, () => this.#look(), { isAfterReads: true })
  }

  /** Sets the maximum silence in milliseconds; 0 = no limit but the timeout of the session. */
  set maxMs(maxMs: number) {
    this.#maxMs = maxMs
    this.#startIfWanted()
  }

  /**
   * Starts watching the session of a stream. Silence counts only while the session records.
   * @returns A function that stops it. Idempotent.
   */
  watch(session: Session): () => void {
    const watched = { session }
    this.#watched.add(watched)
    this.#startIfWanted()
    return () => {
      this.#watched.delete(watched)
      if (this.#watched.size === 0) this.#check.stop()
    }
  }

  #startIfWanted(): void {
    if (this.#maxMs > 0 && this.#watched.size > 0) this.#check.start()
  }

  #look(): boolean {
    if (this.#maxMs === 0) return false
    const now = this.#clock.now()
    const silent = [...this.#watched].filter(
      ({ session }) =>
        session.state === 'Recording' &&
        now - session.lastAccessAt >= this.#maxMs &&
        !this.#isConnected(session),
    )
    for (const { session } of silent) session.end('silent')
    return this.#watched.size > 0
  }
}
