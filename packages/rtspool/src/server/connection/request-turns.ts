/**
 * Number of waiting connections that may continue in one turn of the event loop. The most expensive
 * request takes about a millisecond.
 */
const connectionsPerLoop = 2
/**
 * Number of requests, of all connections, that are handled without waiting in one turn of the event
 * loop.
 */
const requestsPerLoop = 16

/**
 * Limits the requests of all connections that a server handles in one turn of the event loop, so
 * that media are sent in between. Some requests are handled without waiting. Further ones wait, and
 * so do connections that have used up their turn. Each turn of the loop then handles a few of them,
 * however many wait.
 *
 * The waiting hosts take turns, each with its connections in order of arrival. So a host with
 * thousands of connections delays only its own.
 *
 * Requests are counted, not milliseconds: most responses come from promises, after the turn has
 * ended.
 */
export class RequestTurns {
  /** Functions to call for waiting connections, by host. The first host is the next. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #waitingCount = 0
  #takenCount = 0

  /**
   * Counts a request that has just been read.
   *
   * @returns True if the request may be handled without waiting; otherwise its connection must call
   *   {@link wait}.
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
