/**
 * Connections that have their turn in one turn of the event loop. The most expensive request costs
 * about a millisecond.
 */
const connectionsPerLoop = 2
/** Requests of all connections that are handled immediately in one turn of the event loop. */
const requestsPerLoop = 16

/**
 * Shares the event loop among the requests of all connections of a server. A few requests are
 * handled immediately. Further ones, and connections with more requests than fit into one turn,
 * wait. Each turn of the loop handles a few of them, however many wait, so that media are sent in
 * between. The hosts take turns, each with its connections in order of arrival: a host with
 * thousands of connections makes its own ones wait, and not those of others.
 *
 * Requests are counted, not milliseconds: most responses come from promises, after the turn has
 * ended.
 */
export class RequestTurns {
  /** Waiting connections by host; the first host has the next turn. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #waitingCount = 0
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

  /**
   * Calls `begin` once, in a later turn of the event loop.
   *
   * @param host - Host of the client, as {@link hostOf} names it.
   */
  wait(host: string, begin: () => void): void {
    const others = this.#waiting.get(host)
    if (others) others.push(begin)
    else this.#waiting.set(host, [begin])
    if (++this.#waitingCount === 1) setImmediate(this.#run)
  }

  readonly #renew = (): void => {
    this.#takenCount = 0
  }

  readonly #run = (): void => {
    const count = Math.min(connectionsPerLoop, this.#waitingCount)
    const begins = Array.from({ length: count }, () => this.#takeNext())
    this.#waitingCount -= count
    // A connection that waits again meanwhile finds the queue running.
    if (this.#waitingCount > 0) setImmediate(this.#run)
    for (const begin of begins) begin?.()
  }

  /** Removes the oldest entry of the first host, and moves the host to the end. */
  #takeNext(): (() => void) | undefined {
    for (const [host, begins] of this.#waiting) {
      const begin = begins.shift()
      this.#waiting.delete(host)
      if (begins.length > 0) this.#waiting.set(host, begins)
      return begin
    }
    return undefined
  }
}
