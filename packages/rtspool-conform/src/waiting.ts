import { setTimeout as sleep } from 'node:timers/promises'
import { Mismatch } from './mismatch.js'

interface Waiter {
  look(): void
  fail(error: Error): void
}

/**
 * Waits for conditions of one conformance test, such as the arrival of a response. Each arrival on a socket of the test
 * calls {@link notify}, so that each wait checks its condition again. Every wait ends at the deadline of the test.
 */
export class Waiting {
  readonly #waiters = new Set<Waiter>()
  #deadline: number
  #ended: Error | undefined

  /**
   * Starts the time of a test.
   *
   * @param limitMs - Milliseconds from now until the deadline of the test.
   */
  constructor(limitMs: number) {
    this.#deadline = performance.now() + limitMs
  }

  /** Milliseconds until the deadline, 0 or more. */
  get leftMs(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** Extends the deadline of the test to at least this many milliseconds from now, for cleaning up. */
  extend(limitMs: number): void {
    this.#deadline = Math.max(this.#deadline, performance.now() + limitMs)
  }

  /** Makes each wait check its condition. Call this when bytes have arrived, or a connection has closed. */
  notify(): void {
    for (const waiter of [...this.#waiters]) waiter.look()
  }

  /** Makes all present and later waits of the test reject with this error. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const waiter of [...this.#waiters]) waiter.fail(reason)
  }

  /**
   * Waits until `probe` returns a value other than `undefined`, and returns that value.
   *
   * @param probe - Called at once, and after each arrival of bytes. An error that it throws ends the wait.
   * @param expected - Description of the awaited event, for the message.
   * @param got - Returns a description of the state when the time is over, for the message.
   * @param limitMs - Time limit in milliseconds; the deadline of the test may be earlier.
   * @throws {Mismatch} If the time is over.
   */
  until<T>(
    probe: () => T | undefined,
    expected: string,
    got: () => string,
    limitMs = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const limit = Math.min(limitMs, this.leftMs)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => waiter.fail(new Mismatch(expected, `${got()} within ${seconds(limit)}`)),
        limit,
      )
      const done = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        look: () => {
          try {
            const found = probe()
            if (found === undefined) return
            done()
            resolve(found)
          } catch (error) {
            done()
            reject(error)
          }
        },
        fail: (error) => {
          done()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      if (this.#ended) waiter.fail(this.#ended)
      else waiter.look()
    })
  }

  /** Waits a number of milliseconds in which something must not change. Never waits beyond the deadline of the test. */
  async pass(ms: number): Promise<void> {
    await sleep(Math.min(ms, this.leftMs))
    if (this.#ended) throw this.#ended
  }
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}
