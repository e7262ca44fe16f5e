import type { Clock, ClockTimer } from '../../clock.js'
import { SessionMisses } from './session-misses.js'

/** Time for the peer to read the rest of the sent bytes, before the server cuts the connection. */
const closeGraceMs = 1000

/** The connection that a {@link ConnectionEnd} may end. */
export interface EndingConnection {
  hasSessions(): boolean
  /** True while a request is under way. */
  isAnswering(): boolean
  /** Sends the queued bytes, then closes. */
  close(): void
  /** Closes at once. */
  destroy(): void
}

/**
 * Decides when a connection ends whose client has not closed it.
 *
 * ```text
 * last session removed ─┬─ no farewell ───────────────▶ stays
 *                       ├─ farewell of some time ─────▶ closes then, unless the client sends a request
 *                       └─ farewell at once ──────────▶ closes; with a request under way, after the response
 * idle ─────────────────┬─ without a session ─────────▶ closes
 *                       └─ for the second time in one request ─▶ the same
 * closing ──────────────── one second later ──────────▶ destroyed
 * too many ids that name no session ──────────────────▶ closes after the response
 * ```
 */
export class ConnectionEnd {
  readonly #clock: Clock
  readonly #connection: EndingConnection
  #graceTimer: ClockTimer | undefined
  /** Runs after the last session has ended, until the client sends a request. */
  #farewellTimer: ClockTimer | undefined
  /** The request under way began while {@link #farewellTimer} was running. */
  #asksAnew = false
  /** The connection has been idle once during the request under way. */
  #hasWaited = false
  /** The last session was removed during the request under way, which may create another one. */
  #closesWithoutSession = false
  readonly #misses = new SessionMisses()

  constructor(clock: Clock, connection: EndingConnection) {
    this.#clock = clock
    this.#connection = connection
  }

  /**
   * @param farewellMs - Result of `farewellMs()`: 0 = at once, `undefined` = the connection stays.
   */
  sessionRemoved(farewellMs: number | undefined): void {
    if (this.#connection.hasSessions() || farewellMs === undefined) return
    if (farewellMs > 0) this.#scheduleFarewell(farewellMs)
    else if (this.#connection.isAnswering()) this.#closesWithoutSession = true
    else this.#connection.close()
  }

  requestBegan(): void {
    this.#asksAnew = this.#farewellTimer !== undefined
  }

  /** Notes that a request has found its session. */
  sessionFound(): void {
    this.#misses.noteFound()
  }

  requestRefused(error: unknown): void {
    this.#misses.note(error)
  }

  /** @returns True if the response to the request under way is the last one. */
  isLastAnswer(statusCode: number): boolean {
    this.#hasWaited = false
    // A keepalive of the ended session is no new request.
    if (this.#asksAnew && statusCode !== 454) this.#cancelFarewell()
    const isLast = this.#closesWithoutSession && !this.#connection.hasSessions()
    this.#closesWithoutSession = false
    return isLast || this.#misses.isTooMany
  }

  /**
   * Closes an idle connection that has nothing to wait for.
   *
   * @returns True if the connection waits for the response to its request: once for each request.
   *   At the second call nobody will respond, because the application hangs.
   */
  waitsWhenIdle(): boolean {
    if (this.#connection.isAnswering() && !this.#hasWaited) {
      this.#hasWaited = true
      return true
    }
    if (!this.#connection.hasSessions()) this.#connection.close()
    return false
  }

  /** Gives the peer one second from the first call on. */
  limitClosing(): void {
    this.#graceTimer ??= this.#clock.schedule(() => this.#connection.destroy(), closeGraceMs, false)
  }

  /** Stops the timers: the connection is closed. */
  cancel(): void {
    this.#graceTimer?.cancel()
    this.#cancelFarewell()
  }

  #scheduleFarewell(delayMs: number): void {
    this.#farewellTimer?.cancel()
    this.#farewellTimer = this.#clock.schedule(
      () => {
        this.#farewellTimer = undefined
        if (!this.#connection.hasSessions()) this.#connection.close()
      },
      delayMs,
      false,
    )
  }

  #cancelFarewell(): void {
    this.#farewellTimer?.cancel()
    this.#farewellTimer = undefined
  }
}
