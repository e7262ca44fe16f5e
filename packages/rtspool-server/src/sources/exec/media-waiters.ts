import { type Clock, RequestError } from 'rtspool'
import type { LiveMedia } from 'rtspool/push'

interface Waiter {
  readonly resolve: (live: LiveMedia) => void
  readonly reject: (why: string) => void
}

/** Requests of clients that wait until a program writes media. */
export class MediaWaiters {
  readonly #clock: Clock
  readonly #onLeft: () => void
  readonly #waiters = new Set<Waiter>()

  /** @param onLeft - Called when a request no longer waits, because it has got media or was refused. */
  constructor(clock: Clock, onLeft: () => void) {
    this.#clock = clock
    this.#onLeft = onLeft
  }

  get size(): number {
    return this.#waiters.size
  }

  /**
   * Waits until {@link resolve} gives the request a media, or {@link refuse} refuses the request.
   *
   * @param ms - Maximum milliseconds of the wait.
   * @param late - Returns the reason, one sentence for the client, for the refusal after `ms`.
   * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE`
   */
  wait(ms: number, late: () => string): Promise<LiveMedia> {
    return new Promise<LiveMedia>((resolve, reject) => {
      const leave = (): void => {
        if (this.#waiters.delete(waiter)) this.#onLeft()
      }
      const waiter: Waiter = {
        resolve: (live) => {
          timer.cancel()
          resolve(live)
          // Until then the request has opened its source, which counts as a viewer.
          queueMicrotask(leave)
        },
        reject: (why) => {
          timer.cancel()
          reject(unavailable(why))
          leave()
        },
      }
      const timer = this.#clock.schedule(() => waiter.reject(late()), ms, false)
      this.#waiters.add(waiter)
    })
  }

  resolve(live: LiveMedia): void {
    for (const waiter of [...this.#waiters]) waiter.resolve(live)
  }

  refuse(why: string): void {
    for (const waiter of [...this.#waiters]) waiter.reject(why)
  }
}

/** Creates the error that refuses a request because its media is not there. @param why - Sentence for the client. */
export const unavailable = (why: string): RequestError =>
  new RequestError('ERR_MEDIA_UNAVAILABLE', why)
