/** Seconds behind the newest picture above which the player hurries, and above which it jumps. */
const hurrySeconds = 1
const jumpSeconds = 3
/** Seconds behind at which it plays at its normal pace again, and where a jump ends. */
const liveSeconds = 0.4
const landingSeconds = 0.15
const hurryRate = 1.1

/** Seconds of the timeline that can be played without a gap. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

export interface Pace {
  readonly rate: number
  /** Position to jump to; `undefined` plays on. */
  readonly seekTo?: number
}

const landingOf = ({ start, end }: TimeRange): number => Math.max(start, end - landingSeconds)

/** Returns the position to which a player jumps after its first picture; `undefined` plays on. */
export function catchUpOf(position: number, ranges: readonly TimeRange[]): number | undefined {
  const last = ranges.at(-1)
  return last && last.end - position > liveSeconds ? landingOf(last) : undefined
}

/**
 * Decides how a player stays live: above a second behind it plays up to 1.1 times as fast, above three it jumps. A position
 * in a gap jumps to the range behind it.
 *
 * @param ranges - Buffered ranges in order.
 * @param mayHurry - False for browsers that play no sound, or stutter, at other rates.
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
