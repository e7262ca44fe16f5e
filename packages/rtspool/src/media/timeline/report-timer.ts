import type { Clock, ClockTimer } from '../../clock.js'
import { rtcpIntervalMs } from '../../rtcp/index.js'

/** Timer of RTCP reports: calls a function about every 5 s, at random times (RFC 3550 section 6.3). */
export class ReportTimer {
  readonly #clock: Clock
  readonly #send: () => void
  #timer: ClockTimer | undefined
  #isStopped = false

  /**
   * Creates a timer that does not run yet.
   *
   * @param send - Function that sends the reports, and may call {@link stop}.
   */
  constructor(clock: Clock, send: () => void) {
    this.#clock = clock
    this.#send = send
  }

  /** Starts the timer when the source starts: the first interval is shorter. */
  start(): void {
    this.#schedule(this.#clock.now(), true)
  }

  /** Stops the timer for good. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /**
   * Schedules the next call of the function that sends the reports.
   *
   * @param sentAt - Time of the last reports, or of the source's start, in milliseconds of the clock.
   */
  #schedule(sentAt: number, initial: boolean): void {
    const clock = this.#clock
    const drawTime = (): number => sentAt + rtcpIntervalMs({ initial, randomNumber: Math.random() })
    const schedule = (at: number): void => {
      this.#timer = clock.schedule(expire, at - clock.now(), false)
    }
    // RFC 3550 section 6.3.3: the interval is drawn again, which brings the mean up to 5 s.
    const expire = (): void => {
      const at = drawTime()
      if (at > clock.now()) schedule(at)
      else this.#report()
    }
    schedule(drawTime())
  }

  #report(): void {
    this.#send()
    if (!this.#isStopped) this.#schedule(this.#clock.now(), false)
  }
}
