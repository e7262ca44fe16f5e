import type { Clock, ClockTimer } from '../clock.js'
import type { RequestError } from '../errors.js'
import type { SessionDescription } from '../sdp/index.js'

interface WaitingRequest {
  readonly resolve: (description: SessionDescription) => void
  readonly reject: (error: RequestError) => void
  readonly timer: ClockTimer
}

/** Requests of viewers that wait until the source of a relay has described its stream. */
export class WaitingRequests {
  readonly #clock: Clock
  readonly #waiting = new Set<WaitingRequest>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits for {@link resolve}, which has the description.
   *
   * @param waitMs - Maximum time in milliseconds.
   * @param late - Called when `waitMs` have passed; returns the error to respond with.
   * @throws {RequestError} The error of `late`, or of {@link reject}.
   */
  wait(waitMs: number, late: () => RequestError): Promise<SessionDescription> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(
        () => {
          this.#waiting.delete(request)
          reject(late())
        },
        waitMs,
        false,
      )
      const request = { resolve, reject, timer }
      this.#waiting.add(request)
    })
  }

  resolve(description: SessionDescription): void {
    for (const { resolve } of this.#take()) resolve(description)
  }

  reject(error: RequestError): void {
    for (const { reject } of this.#take()) reject(error)
  }

  #take(): readonly WaitingRequest[] {
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const { timer } of all) timer.cancel()
    return all
  }
}
