import type { Clock, ClockTimer } from '../clock.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import { Standby } from './standby.js'
import type { Upstream } from './upstream.js'

export interface ReturnToFirstInit {
  readonly clock: Clock
  readonly limits: GopCacheLimits
  /** Milliseconds between two attempts to connect to the first source; 0 = no attempts. */
  readonly returnMs: number
  /** Opens a connection to the first source. */
  readonly open: () => Upstream
  /** Called when viewers can continue with the first source. The receiver owns the connection then. */
  readonly takeOver: (standby: Standby) => void
}

/** Tries at intervals to connect to the first source of a relay's list again, while another one serves the viewers. */
export class ReturnToFirst {
  /** Milliseconds between two attempts to connect to the first source; 0 = no attempts. */
  returnMs: number
  readonly #init: ReturnToFirstInit
  #timer: ClockTimer | undefined
  #standby: Standby | undefined

  constructor(init: ReturnToFirstInit) {
    this.#init = init
    this.returnMs = init.returnMs
  }

  /**
   * Returns the running attempt to reach the first source if it has opened this connection; `undefined` for any other
   * connection.
   */
  of(upstream: Upstream): Standby | undefined {
    return this.#standby?.upstream === upstream ? this.#standby : undefined
  }

  /**
   * Schedules the next attempt in `returnMs`, in place of one that is scheduled already.
   *
   * @param minMs - Milliseconds that have to pass before the attempt even so; Infinity = there is no attempt.
   */
  start(minMs: number): void {
    this.#timer?.cancel()
    const waitMs = Math.max(this.returnMs, minMs)
    if (this.returnMs === 0 || waitMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#init.clock.schedule(() => this.#attempt(), waitMs, false)
  }

  /** Ends the running attempt, whose connection has ended, and schedules the next one as {@link start} does. */
  over(minMs: number): void {
    this.#standby?.cancel()
    this.#standby = undefined
    this.start(minMs)
  }

  /** Cancels the scheduled or running attempt. @returns Resolves when the connection of the attempt is closed */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    const standby = this.#standby
    this.#standby = undefined
    standby?.cancel()
    await standby?.upstream.close()
  }

  #attempt(): void {
    const { clock, limits, open, takeOver } = this.#init
    const standby = new Standby({
      ...{ clock, limits, upstream: open() },
      ready: () => {
        if (this.#standby !== standby) return
        this.#standby = undefined
        takeOver(standby)
      },
    })
    this.#standby = standby
  }
}
