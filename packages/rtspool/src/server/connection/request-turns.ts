/**
 * Connections that have their turn in one turn of the event loop. The most expensive request costs
 * about a millisecond.
 */
const connectionsPerLoop = 4
/** Requests of all connections that are handled immediately in one turn of the event loop. */
const requestsPerLoop = 16

/**
 * Shares the event loop among the requests of all connections of a server. A few requests are
 * handled immediately. Further ones, and connections with more requests than fit into one turn,
 * wait in order of arrival. Each turn of the loop handles a few of them, however many wait, so that
 * media are sent in between.
 *
 * Requests are counted, not milliseconds: most responses come from promises, after the turn has
 * ended.
 */
export class RequestTurns {
  readonly #waiting: (() => void)[] = []
  #takenCount = 0

  /**
   * @returns True if a request that has just been read is handled at once; otherwise its connection
   *   must wait.
   */
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
    // A connection that waits again meanwhile finds the queue running.
    if (this.#waiting.length > 0) setImmediate(this.#run)
    for (const begin of begins) begin()
  }
}
