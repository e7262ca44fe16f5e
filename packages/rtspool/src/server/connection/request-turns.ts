/** Connections that have their turn in one turn of the event loop. The dearest request costs about a millisecond. */
const connectionsPerLoop = 4
/** Requests that are answered as they are read in one turn of the event loop, whoever sends them. */
const requestsPerLoop = 16

/**
 * Shares the event loop among the requests of all connections of a server. A few requests are answered as they are
 * read; further ones, and connections that have more than fit in one turn, wait: first come, first served, and a few in
 * each turn of the loop, however many wait. Media come in between.
 *
 * Requests are counted, not milliseconds: most answers come from promises, after the turn was given.
 */
export class RequestTurns {
  readonly #waiting: (() => void)[] = []
  #takenCount = 0

  /** @returns Whether a request that has just been read is answered at once; otherwise its connection waits. */
  take(): boolean {
    if (this.#takenCount >= requestsPerLoop) return false
    if (this.#takenCount++ === 0) setImmediate(this.#renew)
    return true
  }

  /** Calls `begin` once, in a later turn of the event loop. */
  wait(begin: () => void): void {
    if (this.#waiting.push(begin) === 1) setImmediate(this.#run)
  }

  readonly #renew = (): void => {
    this.#takenCount = 0
  }

  readonly #run = (): void => {
    const begins = this.#waiting.splice(0, connectionsPerLoop)
    // Whoever waits again meanwhile finds the queue as it is, and need not start it.
    if (this.#waiting.length > 0) setImmediate(this.#run)
    for (const begin of begins) begin()
  }
}
