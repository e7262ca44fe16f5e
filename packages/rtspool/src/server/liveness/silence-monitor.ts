import type { Clock, ClockTimer } from '../../clock.js'
import type { Session } from '../../session-pool/index.js'

const intervalMs = 500

/**
 * Ends sessions that record, whose connection has closed and of which nothing is heard, neither RTP nor RTCP, for a time
 * that is shorter than their timeout: their publisher has crashed. One whose connection is open may only be slow. It runs
 * only while there are any, and costs nothing per packet.
 */
export class SilenceMonitor {
  readonly #clock: Clock
  readonly #maxMs: number
  readonly #isConnected: (session: Session) => boolean
  /** One entry for each stream. */
  readonly #watched = new Set<{ readonly session: Session }>()
  #timer: ClockTimer | undefined

  /**
   * @param maxMs - 0 = no limit but the timeout of the session.
   * @param isConnected - Whether the connection that a session was used on last is open.
   */
  constructor(clock: Clock, maxMs: number, isConnected: (session: Session) => boolean) {
    this.#clock = clock
    this.#maxMs = maxMs
    this.#isConnected = isConnected
  }

  /** Begins to watch the session of a stream. It may be silent while it does not record. @returns Ends it. Idempotent. */
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

  /** @param hasRead - Whether all that had come when it was time to look has been read. */
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
