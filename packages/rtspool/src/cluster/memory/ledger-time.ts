/**
 * Time of a ledger, which stands still while no node reaches the ledger.
 *
 * Deadlines of leases, credits and bans are in this time. No deadline passes because a clock steps, or because no
 * node can reach the ledger. A step of the wall clock that is negative, or longer than half a lease, counts as none.
 */
export class LedgerTime {
  readonly #maxStepMs: number
  #now = 0
  #clock: number | undefined

  constructor(leaseMs: number) {
    this.#maxStepMs = Math.floor(leaseMs / 2)
  }

  /**
   * Returns the time of the ledger, in milliseconds, that belongs to a reading of the wall clock. Does not move the
   * time on.
   */
  at(unixTimeMs: number): number {
    if (this.#clock === undefined) return this.#now
    const step = unixTimeMs - this.#clock
    return step > 0 && step <= this.#maxStepMs ? this.#now + step : this.#now
  }

  /** Moves the time of the ledger on to a reading of the wall clock. @returns the time in milliseconds */
  advance(unixTimeMs: number): number {
    this.#now = this.at(unixTimeMs)
    this.#clock = unixTimeMs
    return this.#now
  }
}
