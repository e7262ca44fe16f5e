/** A line of a chart. */
export interface Line {
  readonly label: string
  /** Custom property of the style sheet with its colour. */
  readonly color: '--accent' | '--warn' | '--alarm' | '--good'
  /** True for a line of dashes, which differs from others without its colour. */
  readonly isDashed?: boolean
}

/** Places on the horizontal axis, and the values of each line there; `null` leaves a gap. */
export interface ChartData {
  readonly places: readonly number[]
  readonly values: readonly (readonly (number | null)[])[]
}

/** Returns the index of the newest value; `undefined` without any. */
export function newestIndex({ places }: ChartData): number | undefined {
  return places.length > 0 ? places.length - 1 : undefined
}

/**
 * Returns an upper end of a vertical axis: 1, 2 or 5 times a power of ten, so that it stays for a while.
 *
 * @param least - Smallest end, for charts of small values.
 */
export function roundedAbove(value: number, least = 1): number {
  if (value <= least) return least
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10
  return step * power
}

/** Moves an index by a key of the keyboard; `undefined` for other keys. */
export function movedIndex(key: string, index: number, count: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: index - 1, ArrowRight: index + 1 },
    ...{ PageUp: index - 10, PageDown: index + 10, Home: 0, End: count - 1 },
  }
  const moved = moves[key]
  return moved === undefined ? undefined : Math.max(0, Math.min(count - 1, moved))
}
