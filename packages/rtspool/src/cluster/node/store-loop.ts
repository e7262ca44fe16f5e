import { type Backoff, backoffMs } from '../../backoff.js'
import type { Clock, ClockTimer } from '../../clock.js'

/** Functions and times of a {@link StoreLoop}. */
interface StoreLoopOptions {
  readonly clock: Clock
  /** Delays after failures in a row. */
  readonly backoff: Backoff
  /**
   * Sends requests to the store, and evaluates the replies.
   *
   * @returns Milliseconds until the next call; `undefined` = no call until {@link StoreLoop.wake}.
   */
  readonly run: () => Promise<number | undefined>
  /** Called with the error of each call of `run` that has failed. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Calls a function that sends requests to the store of a cluster, one call at a time. After a failure, the next call
 * follows with a growing delay. No error leaves the loop.
 */
export class StoreLoop {
  readonly #options: StoreLoopOptions
  #timer: ClockTimer | undefined
  #dueAt = 0
  #running: Promise<void> | undefined
  /** Milliseconds from the end of the running call to the next one; `Infinity` = none is wanted. */
  #nextMs = Number.POSITIVE_INFINITY
  #failures = 0
  #isClosed = false

  /** Creates a loop that waits for {@link wake}. */
  constructor(options: StoreLoopOptions) {
    this.#options = options
  }

  /** Number of calls in a row that have failed. */
  get failures(): number {
    return this.#failures
  }

  /**
   * Requests a call after `delayMs`, or earlier if one is due earlier. After a failure, the delay of the failure stays.
   * No effect once the loop is closed.
   */
  wake(delayMs = 0): void {
    if (this.#isClosed) return
    if (this.#running !== undefined) this.#nextMs = Math.min(this.#nextMs, delayMs)
    else if (this.#failures === 0) this.#schedule(delayMs)
  }

  /** Ends the loop. Idempotent. @returns Promise that resolves at the end of the running call */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#running
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#options
    const dueAt = clock.now() + delayMs
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return
    this.#timer?.cancel()
    this.#dueAt = dueAt
    const start = (): void => {
      this.#timer = undefined
      this.#running = this.#call()
    }
    this.#timer = clock.schedule(start, delayMs, false)
  }

  async #call(): Promise<void> {
    const { run, onFailure, backoff } = this.#options
    this.#nextMs = Number.POSITIVE_INFINITY
    try {
      const delayMs = await run()
      this.#failures = 0
      this.#nextMs = Math.min(this.#nextMs, delayMs ?? Number.POSITIVE_INFINITY)
    } catch (error) {
      this.#failures++
      this.#nextMs = backoffMs(backoff, this.#failures, Math.random())
      onFailure(error)
    }
    this.#running = undefined
    if (!this.#isClosed && this.#nextMs < Number.POSITIVE_INFINITY) this.#schedule(this.#nextMs)
  }
}
