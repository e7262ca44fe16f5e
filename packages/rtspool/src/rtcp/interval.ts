export interface RtcpIntervalOptions {
  /** `true` before the first RTCP report of a stream, which is sent after half the interval. */
  readonly initial: boolean
  /**
   * Random number that varies the interval from half to one and a half times its length. Evenly distributed from 0
   * (inclusive) to 1 (exclusive), as from `Math.random()`.
   */
  readonly randomNumber: number
  /**
   * Minimum interval between two RTCP reports, in milliseconds, before randomisation.
   *
   * @default 5000
   */
  readonly minimumMs?: number
}

/**
 * Default minimum interval between two RTCP reports, in milliseconds (RFC 3550 section 6.2). No longer interval
 * occurs in a session of few members.
 */
const defaultMinimumMs = 5000
/**
 * Divisor of the random interval between RTCP reports. It compensates for timer reconsideration, which makes the mean
 * interval longer (RFC 3550 section 6.3.1).
 */
const compensation = Math.E - 1.5

/**
 * Returns the milliseconds until the next RTCP report, randomised so that members do not send at
 * the same time.
 *
 * A session here has two members, so the interval by bandwidth never exceeds the minimum.
 *
 * @see RFC 3550 section 6.3.1
 */
export function rtcpIntervalMs(options: RtcpIntervalOptions): number {
  const { initial, randomNumber, minimumMs = defaultMinimumMs } = options
  const deterministicMs = initial ? minimumMs / 2 : minimumMs
  return (deterministicMs * (randomNumber + 0.5)) / compensation
}
