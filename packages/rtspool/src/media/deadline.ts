import type { Clock } from '../clock.js'

export interface DeadlineOptions {
  readonly clock: Clock
  /** Infinity = none. */
  readonly ms: number
  readonly signal?: AbortSignal | undefined
  /** Whether to wait even when there is nothing else left to wait for. @default false */
  readonly keepsProcessAlive?: boolean
}

/**
 * Settles as `promise` does, unless that takes too long or the signal aborts: then it rejects, and what becomes
 * of the promise is for the caller to look after.
 *
 * @param what - For the message of the error.
 */
export async function withDeadline<T>(
  promise: T | PromiseLike<T>,
  what: string,
  { clock, ms, signal, keepsProcessAlive = false }: DeadlineOptions,
): Promise<T> {
  let giveUp = (_why: string): void => {}
  const givenUp = new Promise<never>((_resolve, reject) => {
    giveUp = (why) => reject(new Error(`${what} ${why}`))
  })
  const onAbort = (): void => giveUp('was given up')
  signal?.addEventListener('abort', onAbort)
  const timer = Number.isFinite(ms)
    ? clock.schedule(() => giveUp(`took longer than ${ms} ms`), ms, keepsProcessAlive)
    : undefined
  try {
    return await Promise.race([promise, givenUp])
  } finally {
    timer?.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}
