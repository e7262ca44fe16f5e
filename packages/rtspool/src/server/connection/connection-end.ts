import type { Clock, ClockTimer } from '../../clock.js'
import { SessionMisses } from './session-misses.js'

/**
 * Milliseconds from the start of closing a connection, in which the client may read unsent bytes. Then the server
 * destroys the connection.
 */
const closeGraceMs = 1000

/** Functions of a connection that its {@link ConnectionEnd} uses. */
export interface EndingConnection {
  hasSessions(): boolean
  /** Returns whether a request has arrived whose response has not been sent yet. */
  isAnswering(): boolean
  /** Closes the connection after the queued bytes have been sent. */
  close(): void
  /** Closes the connection at once; unsent bytes are lost. */
  destroy(): void
}

/**
 * Decides when the server closes a connection that its client has not closed.
 *
 * ```text
 * last session removed ─┬─ for a reason after which it may stay ─▶ stays
 *                       ├─ client needs time to end in order ────▶ closes after that, unless a request arrives
 *                       └─ at once ──────────────────────────────▶ closes; if a response is due, after it
 * idle, no session ─────┬─ no response is due ───────────────────▶ closes
 *                       └─ for the second time in one request ───▶ closes
 * closing ──────────────── one second later ─────────────────────▶ destroyed
 * ```
 */
export class ConnectionEnd {
  readonly #clock: Clock
  readonly #connection: EndingConnection
  #graceTimer: ClockTimer | undefined
  /** Timer that closes the connection after its last session has ended; a new request stops it. */
  #farewellTimer: ClockTimer | undefined
  /**
   * True if the present request arrived while the connection was about to close after its last session. Its response
   * cancels the closing, unless the status is 454.
   */
  #asksAnew = false
  /**
   * True if the connection has had no traffic for the idle time once during the present request. The second time, it
   * closes if it has no session.
   */
  #hasWaited = false
  /**
   * True if the present request has removed the connection's last session. The connection then closes after the
   * response, unless the request creates another session.
   */
  #closesWithoutSession = false
  readonly #misses = new SessionMisses()

  constructor(clock: Clock, connection: EndingConnection) {
    this.#clock = clock
    this.#connection = connection
  }

  /**
   * Notes that the connection's last session was removed, and closes the connection after `farewellMs`.
   *
   * @param farewellMs - Milliseconds for the client to close by itself: 0 = none, `undefined` = the connection stays.
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

  /**
   * Resets the connection's count of requests that name no session, because a request has named a session of its
   * client.
   */
  sessionFound(): void {
    this.#misses.noteFound()
  }

  requestRefused(error: unknown): void {
    this.#misses.note(error)
  }

  /**
   * Returns whether the connection must close after the response to the present request. If the
   * request came after the end of the last session, a status other than 454 cancels the closing.
   */
  isLastAnswer(statusCode: number): boolean {
    this.#hasWaited = false
    // A keepalive of the ended session is no new request.
    if (this.#asksAnew && statusCode !== 454) this.#cancelFarewell()
    const isLast = this.#closesWithoutSession && !this.#connection.hasSessions()
    this.#closesWithoutSession = false
    return isLast || this.#misses.isTooMany
  }

  /**
   * Closes an idle connection, unless it has a session or waits for the response to a request.
   *
   * @returns True if the connection waits for a response: once for each request. At the second call
   * a connection without a session closes, because the application hangs and will not respond.
   */
  waitsWhenIdle(): boolean {
    if (this.#connection.isAnswering() && !this.#hasWaited) {
      this.#hasWaited = true
      return true
    }
    if (!this.#connection.hasSessions()) this.#connection.close()
    return false
  }

  /** Destroys the connection one second after the first call, if it has not closed by then. */
  limitClosing(): void {
    this.#graceTimer ??= this.#clock.schedule(() => this.#connection.destroy(), closeGraceMs, false)
  }

  /** Stops the timers that would close or destroy the connection, because it is closed. */
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
