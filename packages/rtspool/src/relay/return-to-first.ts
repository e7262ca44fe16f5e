import type { Clock, ClockTimer } from '../clock.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import { Standby } from './standby.js'
import type { Upstream } from './upstream.js'

export interface ReturnToFirstInit {
  readonly clock: Clock
  readonly limits: GopCacheLimits
  /** Milliseconds between two attempts; 0 = none. */
  readonly returnMs: number
  /** Opens a connection to the first source. */
  readonly open: () => Upstream
  /** Called when viewers can continue with the first source. The connection belongs to the caller then. */
  readonly takeOver: (standby: Standby) => void
}

/** Attempts to return to the first source, while another one serves the viewers. */
export class ReturnToFirst {
  /** Milliseconds between two attempts; 0 = none. */
  returnMs: number
  readonly #init: ReturnToFirstInit
  #timer: ClockTimer | undefined
  #standby: Standby | undefined

  constructor(init: ReturnToFirstInit) {
    this.#init = init
    this.returnMs = init.returnMs
  }

  /** Returns the attempt that a connection belongs to. */
  of(upstream: Upstream): Standby | undefined {
    return this.#standby?.upstream === upstream ? this.#standby : undefined
  }

  /** Starts the next attempt after a while. */
  start(): void {
    this.#timer?.cancel()
    if (this.returnMs === 0) return
    this.#timer = this.#init.clock.schedule(() => this.#attempt(), this.returnMs, false)
  }

  /** Notes that a connection has ended, and tries again later if it was the attempt. */
  over(upstream: Upstream): void {
    if (!this.of(upstream)) return
    this.#standby?.cancel()
    this.#standby = undefined
    this.start()
  }

  /** Gives up all attempts. @returns Resolves when their connection is closed. */
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
