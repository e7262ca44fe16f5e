/** Lengths of the delays between attempts that fail, such as attempts to connect. */
export interface Backoff {
  /** Delay in milliseconds after the first failure, before chance shortens it. */
  readonly firstMs: number
  /** Longest delay in milliseconds, after any number of failures in a row. */
  readonly maxMs: number
  /**
   * Largest share of a delay by which chance shortens it, from 0 to 1. 0.25 = a delay lasts from 75 % to 100 % of its
   * length.
   */
  readonly jitter: number
}

/**
 * Returns the milliseconds to wait before another attempt: `firstMs` after the first failure, twice as long after each
 * further one, and `maxMs` at most. Chance then shortens the delay by a share of up to `jitter`.
 *
 * Without jitter, clients that lost the same server at the same moment would all return at the same moment. The jitter
 * shortens, so that no delay is longer than `maxMs`.
 *
 * @param failures - Number of failures in a row, from 1 on.
 * @param random - Number from 0 to 1, as from `Math.random()`.
 */
export function backoffMs(
  { firstMs, maxMs, jitter }: Backoff,
  failures: number,
  random: number,
): number {
  const delayMs = Math.min(firstMs * 2 ** Math.max(0, failures - 1), maxMs)
  return delayMs * (1 - jitter * random)
}
