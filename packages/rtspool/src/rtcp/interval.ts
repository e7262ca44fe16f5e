export interface RtcpIntervalOptions {
  /** `true` before the first report, which is sent after half the interval. */
  readonly initial: boolean
  /** Evenly distributed random number from 0 (inclusive) to 1 (exclusive). */
  readonly randomNumber: number
  /**
   * Mean time between two reports, in milliseconds.
   * @default 5000
   */
  readonly minimumMs?: number
}

/** Minimum interval (RFC 3550 section 6.2), which alone decides in a session of few members. */
const defaultMinimumMs = 5000
/** Factor that compensates for the effect of reconsideration (RFC 3550 section 6.3.1). */
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
