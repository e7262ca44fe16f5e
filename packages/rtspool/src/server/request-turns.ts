/** Connections that have their turn in one turn of the event loop. The dearest request costs about a millisecond. */
const connectionsPerLoop = 4

/**
 * Gives turns to the connections of a server that have more requests than fit in one: first come, first served, and a
 * few in each turn of the event loop, however many connections wait. Media and other clients come in between.
 *
 * Connections are counted, not milliseconds: most answers come from promises, after the turn was given.
 */
export class RequestTurns {
  readonly #waiting: (() => void)[] = []

  /** Calls `begin` once, in a later turn of the event loop. */
  wait(begin: () => void): void {
    if (this.#waiting.push(begin) === 1) setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const begins = this.#waiting.splice(0, connectionsPerLoop)
    // Whoever waits again meanwhile finds the queue as it is, and need not start it.
    if (this.#waiting.length > 0) setImmediate(this.#run)
    for (const begin of begins) begin()
  }
}
