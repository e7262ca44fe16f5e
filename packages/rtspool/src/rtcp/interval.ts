export interface RtcpIntervalOptions {
  /** Whether nothing has been sent yet; the first report comes after half the time. */
  readonly initial: boolean
  /** From 0, included, to 1, not included; evenly distributed. */
  readonly randomNumber: number
  /**
   * Mean time between two reports, in milliseconds.
   * @default 5000
   */
  readonly minimumMs?: number
}

/** RFC 3550 section 6.2: the fixed minimum, which is all that counts in a session of few members. */
const defaultMinimumMs = 5000
/** RFC 3550 section 6.3.1: makes up for what reconsideration takes away from the mean. */
const compensation = Math.E - 1.5

/**
 * Milliseconds until the next RTCP report, spread so that the members of a session do not march in step.
 *
 * A session here has two members, so the share of the bandwidth never stretches the minimum.
 *
 * @see RFC 3550 section 6.3.1
 */
export function rtcpIntervalMs(options: RtcpIntervalOptions): number {
  const { initial, randomNumber, minimumMs = defaultMinimumMs } = options
  const deterministicMs = initial ? minimumMs / 2 : minimumMs
  return (deterministicMs * (randomNumber + 0.5)) / compensation
}
