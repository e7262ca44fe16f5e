const firstMs = 1_000
const maxMs = 30_000
/**
 * Largest random reduction of a delay, as a share of the delay. 0.25 = a delay lasts from 75 % to 100 % of its length,
 * so that many sources do not restart together.
 */
const jitter = 0.25

/**
 * Returns the milliseconds before the next start of a program: 1, 2, 4, … up to 30 s, shortened by up to a quarter.
 *
 * @param failures - Failures in a row, from 1 on.
 * @param random - Number from 0 to 1.
 */
export const restartDelayMs = (failures: number, random: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 10)) * (1 - jitter * random)
