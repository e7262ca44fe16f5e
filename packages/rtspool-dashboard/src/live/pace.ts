/**
 * Seconds behind the newest picture above which the player plays faster. With more than `jumpSeconds`, the player
 * jumps.
 */
const hurrySeconds = 1
const jumpSeconds = 3
/**
 * Seconds behind the newest picture at which the player returns to normal speed, and to which a
 * jump leads.
 */
const liveSeconds = 0.4
const landingSeconds = 0.15
const hurryRate = 1.1

/** Range of the video's timeline, in seconds, that is loaded without a gap. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

export interface Pace {
  readonly rate: number
  /** Position in seconds to which the player must jump; `undefined` = no jump. */
  readonly seekTo?: number
}

const landingOf = ({ start, end }: TimeRange): number => Math.max(start, end - landingSeconds)

/**
 * Returns the position in seconds to which a player must jump after its first picture, to show the newest one.
 * `undefined` = no jump, because the player is close enough.
 *
 * @param position - Present position of the player in seconds.
 * @param ranges - Buffered ranges in order.
 */
export function catchUpOf(position: number, ranges: readonly TimeRange[]): number | undefined {
  const last = ranges.at(-1)
  return last && last.end - position > liveSeconds ? landingOf(last) : undefined
}

/**
 * Returns the playback rate or jump with which a player stays live. More than a second behind, the
 * player plays 1.1 times as fast; more than three seconds, the player jumps. A gap makes the player
 * jump to the range after the gap.
 *
 * @param rate - Present playback rate.
 * @param ranges - Buffered ranges in order.
 * @param mayHurry - False for browsers that play no sound, or stutter, at other rates. The player
 *   then jumps after one second.
 */
export function paceOf(
  position: number,
  rate: number,
  ranges: readonly TimeRange[],
  mayHurry: boolean,
): Pace {
  const last = ranges.at(-1)
  if (!last) return { rate: 1 }
  const landing = landingOf(last)
  const isInGap = !ranges.some(({ start, end }) => position >= start && position <= end)
  const isAhead = position > last.end
  if (isInGap && !isAhead) {
    const next = ranges.find(({ start }) => start > position)
    return { rate: 1, seekTo: next && next !== last ? next.start : landing }
  }
  const behind = last.end - position
  if (behind > jumpSeconds || (behind > hurrySeconds && !mayHurry)) {
    return { rate: 1, seekTo: landing }
  }
  const isHurrying = behind > hurrySeconds || (rate > 1 && behind > liveSeconds)
  return { rate: isHurrying ? hurryRate : 1 }
}
