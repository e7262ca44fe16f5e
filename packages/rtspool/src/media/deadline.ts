import type { Clock } from '../clock.js'

export interface DeadlineOptions {
  readonly clock: Clock
  /** Milliseconds to wait for the promise; `Infinity` = no deadline. */
  readonly ms: number
  readonly signal?: AbortSignal | undefined
  /** True to keep the process alive while waiting for the promise. @default false */
  readonly keepsProcessAlive?: boolean
}

/**
 * Settles like `promise`, but rejects when `ms` have passed or the signal aborts. The caller must then handle the
 * later result of `promise`.
 *
 * @param what - Subject of the error message, such as "closing a media source".
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
