import uPlot from 'uplot'
import { axisOf, type Line, roundedAbove } from './chart-data.js'

/** Lines, texts and axes of a chart, without its values. */
export interface ChartShape {
  readonly lines: readonly Line[]
  /** Converts a value of the vertical axis to text with its unit. */
  readonly format: (value: number) => string
  /** Converts a position on the horizontal axis, such as seconds since 1970, to text. */
  readonly formatPlace: (place: number) => string
  /** True for whole numbers, such as counts. The vertical axis then has no fractions. */
  readonly isWhole?: boolean
  /** True draws a vertical bar for each value; false joins the values by lines. @default false */
  readonly hasSticks?: boolean
  /** Smallest value at which the vertical axis may end, so that small values do not fill the chart. @default 1 */
  readonly least?: number
}

/** Height of a chart in pixels. */
export const chartHeight = 190
/** Width of the vertical axis with its texts, in pixels. */
const valueAxisWidth = 76
const font = '12px system-ui, sans-serif'
const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
/** Width of the bars in a chart: share of the distance between two bars, then maximum and minimum in pixels. */
const stickSize: [number, number, number] = [0.6, 10, 2]

/**
 * Returns the options with which uPlot draws a chart.
 *
 * @param width - Width of the chart in pixels.
 * @param colorOf - Returns the colour that a CSS property holds.
 * @param onIndex - Called with the index of the position under the pointer; `null` when the pointer
 * has left the chart.
 */
export function chartOptions(
  { lines, format, formatPlace, isWhole, hasSticks, least }: ChartShape,
  width: number,
  colorOf: (name: string) => string,
  onIndex: (index: number | null) => void,
): uPlot.Options {
  const axis = { font, stroke: colorOf('--quiet'), grid: { stroke: colorOf('--line'), width: 1 } }
  return {
    ...{ width, height: chartHeight, legend: { show: false } },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: { time: false, range: ({ data: [places] }) => axisOf(places) },
      y: { range: (_chart, _min, max) => [0, roundedAbove(max ?? 0, least)] },
    },
    axes: [
      { ...axis, space: 90, values: (_chart, places) => places.map(formatPlace) },
      {
        ...axis,
        size: valueAxisWidth,
        values: (_chart, values) => values.map(format),
        ...(isWhole && { incrs: wholeSteps }),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, colorOf(line.color), hasSticks ?? false))],
    hooks: { setCursor: [({ cursor }) => onIndex(cursor.idx ?? null)] },
  }
}

function seriesOf({ label, isDashed }: Line, color: string, isStick: boolean): uPlot.Series {
  // One value alone makes no line.
  const points: uPlot.Series.Points = { show: ({ data: [places] }) => places.length === 1 }
  const series: uPlot.Series = { label, stroke: color, width: 2, points }
  if (isDashed) series.dash = [6, 4]
  if (!isStick) return series
  const paths = uPlot.paths.bars?.({ size: stickSize })
  const bars = { width: 0, fill: color, points: { show: false } }
  return { ...series, ...bars, ...(paths && { paths }) }
}
