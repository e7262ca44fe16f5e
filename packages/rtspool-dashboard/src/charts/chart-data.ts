/** A line of a chart. */
export interface Line {
  readonly label: string
  /** Name of the CSS property that holds the colour of the line. */
  readonly color: '--accent' | '--warn' | '--alarm' | '--good'
  /** True for a dashed line, which differs from others for people who see no colours. */
  readonly isDashed?: boolean
}

/** Values of a chart. */
export interface ChartData {
  /** Positions on the horizontal axis, in ascending order, such as seconds since 1970. */
  readonly places: readonly number[]
  /** One list for each line, with one value for each place; `null` leaves a gap. */
  readonly values: readonly (readonly (number | null)[])[]
}

/** Returns the index of the last place, which is the newest; `undefined` if there is no place. */
export function newestIndex({ places }: ChartData): number | undefined {
  return places.length > 0 ? places.length - 1 : undefined
}

/**
 * Rounds a value up to 1, 2 or 5 times a power of ten. A vertical axis with this upper end stays as it is
 * while the values change a little.
 *
 * @param value - Largest value of a chart.
 * @param least - Smallest result, for charts of small values.
 */
export function roundedAbove(value: number, least = 1): number {
  if (value <= least) return least
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10
  return step * power
}

/**
 * Returns the index to which a key moves along a chart, such as `ArrowLeft`; `undefined` for other keys.
 *
 * @param count - Number of places of the chart.
 */
export function movedIndex(key: string, index: number, count: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: index - 1, ArrowRight: index + 1 },
    ...{ PageUp: index - 10, PageDown: index + 10, Home: 0, End: count - 1 },
  }
  const moved = moves[key]
  return moved === undefined ? undefined : Math.max(0, Math.min(count - 1, moved))
}
