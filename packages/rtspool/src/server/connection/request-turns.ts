import type { Clock } from '../../clock.js'

/**
 * Minimum number of waiting connections that continue in one turn of the event loop. The most
 * expensive request takes about a millisecond.
 */
const connectionsPerLoop = 2
/**
 * Milliseconds of a slow turn of the event loop for each waiting connection that continues after
 * it. The waiting connections thus make 250 requests a second or more, and use about a quarter of a
 * processor.
 */
const msPerConnection = 4
const maxConnectionsPerLoop = 64
/**
 * Number of requests, of all connections, that are handled without waiting in one turn of the event
 * loop.
 */
const requestsPerLoop = 16

/**
 * Limits the requests of all connections that a server handles in one turn of the event loop, so
 * that media are sent in between. The first requests of a turn are handled at once. The connections
 * of further requests wait, and so do connections with too many requests in a row. Each later turn
 * handles a few of them, however many wait.
 *
 * The waiting hosts take turns, each with its connections in order of arrival. So a host with
 * thousands of connections delays only its own.
 *
 * Requests are counted, not their milliseconds: most responses come from promises, after the turn
 * has ended.
 */
export class RequestTurns {
  readonly #clock: Pick<Clock, 'now'>
  /** Functions that continue waiting connections, by host. The first host is served next. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #waitingCount = 0
  #takenCount = 0
  /**
   * Time, in milliseconds of the clock, at which waiting connections last continued, or the first
   * one began to wait.
   */
  #ranAt = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /**
   * Counts a request that has just been read from any connection.
   *
   * @returns True if the request may be handled without waiting; otherwise its connection must call {@link wait}.
   */
  take(): boolean {
    if (this.#takenCount >= requestsPerLoop) return false
    if (this.#takenCount++ === 0) setImmediate(this.#renew)
    return true
  }

  /**
   * Calls `begin` once, in a later turn of the event loop, when the connection may continue.
   *
   * @param host - Host of the client, as {@link hostOf} names it.
   */
  wait(host: string, begin: () => void): void {
    const others = this.#waiting.get(host)
    if (others) others.push(begin)
    else this.#waiting.set(host, [begin])
    if (++this.#waitingCount > 1) return
    this.#ranAt = this.#clock.now()
    setImmediate(this.#run)
  }

  readonly #renew = (): void => {
    this.#takenCount = 0
  }

  readonly #run = (): void => {
    const count = Math.min(this.#allowance(), this.#waitingCount)
    const begins = Array.from({ length: count }, () => this.#takeNext())
    this.#waitingCount -= count
    // A connection that waits again meanwhile finds the queue running.
    if (this.#waitingCount > 0) setImmediate(this.#run)
    for (const begin of begins) begin?.()
  }

  /** Returns the number of connections that may continue now, by the duration of the last turn. */
  #allowance(): number {
    const now = this.#clock.now()
    const byTime = Math.floor((now - this.#ranAt) / msPerConnection)
    this.#ranAt = now
    return Math.max(connectionsPerLoop, Math.min(byTime, maxConnectionsPerLoop))
  }

  /** Removes and returns the oldest function of the first host, and moves the host to the end. */
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
