/** Label, colour and style of one line of a chart. */
export interface Line {
  readonly label: string
  /** Name of the CSS property that holds the colour of the line. */
  readonly color: '--accent' | '--warn' | '--alarm' | '--good'
  /** True for a dashed line, which can be distinguished without colours. */
  readonly isDashed?: boolean
}

/** Data of a chart: positions on the horizontal axis, and the values of each line there. */
export interface ChartData {
  /** Positions on the horizontal axis, in ascending order, such as seconds since 1970. */
  readonly places: readonly number[]
  /** Values in one list for each line of the chart, with one value for each position; `null` leaves a gap. */
  readonly values: readonly (readonly (number | null)[])[]
}

/** Returns the index of the newest position of a chart, which is the last one; `undefined` without a position. */
export function newestIndex({ places }: ChartData): number | undefined {
  return places.length > 0 ? places.length - 1 : undefined
}

/** Width of the horizontal axis of a chart with a single position, in the unit of the positions. */
const singlePlaceWidth = 10

/**
 * Returns the first and the last position as the ends of a chart's horizontal axis. A single position gets an axis of
 * length 10 that ends there; no position, the axis `[0, 10]`.
 *
 * @param places - Positions on the axis in ascending order, all in one unit.
 */
export function axisOf(places: ArrayLike<number>): [start: number, end: number] {
  const first = places[0] ?? singlePlaceWidth
  const last = places[places.length - 1] ?? first
  return first === last ? [first - singlePlaceWidth, last] : [first, last]
}

/**
 * Rounds a value up to 1, 2 or 5 times a power of ten. A vertical axis that ends there does not
 * change with each small change of the values.
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
 * Returns the index of the position that a key, such as `ArrowLeft`, selects in a chart; `undefined` for other keys.
 *
 * @param index - Index of the position that is selected now.
 * @param count - Number of positions of the chart.
 */
export function movedIndex(key: string, index: number, count: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: index - 1, ArrowRight: index + 1 },
    ...{ PageUp: index - 10, PageDown: index + 10, Home: 0, End: count - 1 },
  }
  const moved = moves[key]
  return moved === undefined ? undefined : Math.max(0, Math.min(count - 1, moved))
}
