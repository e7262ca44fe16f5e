import { setTimeout as sleep } from 'node:timers/promises'
import { Mismatch } from './mismatch.js'

interface Waiter {
  look(): void
  fail(error: Error): void
}

/**
 * Everything a row waits for goes through here: whatever arrives on any of its sockets calls
 * {@link notify}, and each waiter looks again. No wait outlives the row's deadline.
 */
export class Waiting {
  readonly #waiters = new Set<Waiter>()
  #deadline: number
  #ended: Error | undefined

  /** @param limitMs - From now on; after that every wait fails. */
  constructor(limitMs: number) {
    this.#deadline = performance.now() + limitMs
  }

  /** Milliseconds that are left, 0 or more. */
  get leftMs(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** Gives the waits that begin from now on at least this much time: to tidy up. */
  extend(limitMs: number): void {
    this.#deadline = Math.max(this.#deadline, performance.now() + limitMs)
  }

  /** Something has arrived, or a connection has closed. */
  notify(): void {
    for (const waiter of [...this.#waiters]) waiter.look()
  }

  /** Ends every wait that is under way, and those to come. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const waiter of [...this.#waiters]) waiter.fail(reason)
  }

  /**
   * Waits until `probe` gives something else than `undefined`.
   *
   * @param probe - Asked at once, and after everything that arrives. It may throw.
   * @param expected - What is waited for, for the message.
   * @param got - What there is when the time is over.
   * @param limitMs - At most this long; the row's deadline may come first.
   * @throws {Mismatch} when it does not come in time.
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

  /** Lets time pass: to see that something stays as it is. At most what is left of the row. */
  async pass(ms: number): Promise<void> {
    await sleep(Math.min(ms, this.leftMs))
    if (this.#ended) throw this.#ended
  }
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}
