import type { Clock, ClockTimer } from '../../clock.js'
import type { Session } from '../../session-pool/index.js'

const intervalMs = 500

/**
 * Ends recording sessions whose connection has closed and whose publisher has sent no RTP or RTCP
 * for `maxMs`. Such a publisher has crashed; one with an open connection may only be slow. The
 * timer runs only while streams are watched, and costs nothing per packet.
 */
export class SilenceMonitor {
  readonly #clock: Clock
  readonly #maxMs: number
  readonly #isConnected: (session: Session) => boolean
  /** Watched streams, one entry for each. */
  readonly #watched = new Set<{ readonly session: Session }>()
  #timer: ClockTimer | undefined

  /**
   * @param maxMs - Longest silence; 0 = no limit but the timeout of the session.
   * @param isConnected - True if the connection that last used the session is open.
   */
  constructor(clock: Clock, maxMs: number, isConnected: (session: Session) => boolean) {
    this.#clock = clock
    this.#maxMs = maxMs
    this.#isConnected = isConnected
  }

  /**
   * Starts watching the session of a stream. Silence counts only while the session records.
   * @returns A function that stops it. Idempotent.
   */
  watch(session: Session): () => void {
    if (this.#maxMs === 0) return () => {}
    const watched = { session }
    this.#watched.add(watched)
    this.#timer ??= this.#schedule()
    return () => {
      this.#watched.delete(watched)
      if (this.#watched.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #schedule(): ClockTimer {
    return this.#clock.schedule(() => this.#look(false), intervalMs, false)
  }

  /** @param hasRead - True if everything that had arrived when the timer ran has been read. */
  #look(hasRead: boolean): void {
    const now = this.#clock.now()
    const silent = [...this.#watched].filter(
      ({ session }) =>
        session.state === 'Recording' &&
        now - session.lastAccessAt >= this.#maxMs &&
        !this.#isConnected(session),
    )
    if (silent.length > 0 && !hasRead) {
      // Timers run before sockets are read: after a stall of the process, packets wait there.
      this.#timer = this.#clock.schedule(() => this.#look(true), 0, false)
      return
    }
    for (const { session } of silent) session.end('silent')
    this.#timer = this.#watched.size > 0 ? this.#schedule() : undefined
  }
}
