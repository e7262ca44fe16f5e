import type { JSX } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { type ChartData, movedIndex, newestIndex } from './chart-data.js'
import { type ChartShape, chartHeight, chartOptions } from './chart-options.js'

interface ChartProps {
  readonly title: string
  /**
   * Lines, texts and axes of the chart. It must be the same object each time the component is
   * rendered, because another object creates a new chart.
   */
  readonly shape: ChartShape
  readonly data: ChartData
}

/**
 * A chart with lines or bars. Below the chart stand the values at the pointer, or the newest ones. The arrow keys
 * select values, so that screen readers can read them.
 */
export function Chart({ title, shape, data }: ChartProps): JSX.Element {
  const { place, drawing, pointed } = useDrawing(shape, data)
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const id = useId()
  const index = pointed ?? chosen ?? newestIndex(data)
  const onKeyDown = (event: KeyboardEvent): void => {
    const moved = movedIndex(event.key, index ?? 0, data.places.length)
    if (moved === undefined) return
    event.preventDefault()
    setChosen(moved)
    showCursor(drawing.current, data.places[moved])
  }
  const leave = (): void => {
    setChosen(undefined)
    showCursor(drawing.current, undefined)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the arrows read values
    <figure class="chart" tabIndex={0} aria-labelledby={id} onKeyDown={onKeyDown} onBlur={leave}>
      <h3 id={id}>{title}</h3>
      <div ref={place} aria-hidden="true" class="canvas" />
      <figcaption aria-live={chosen === undefined ? 'off' : 'polite'}>
        <Readout shape={shape} data={data} index={index} />
      </figcaption>
    </figure>
  )
}

interface ReadoutProps {
  readonly shape: ChartShape
  readonly data: ChartData
  readonly index: number | undefined
}

function Readout({ shape, data, index }: ReadoutProps): JSX.Element {
  const { lines, format, formatPlace } = shape
  if (index === undefined) return <span>There are no values yet.</span>
  const place = data.places[index]
  return (
    <>
      {lines.map(({ label, color, isDashed }, line) => {
        const value = data.values[line]?.[index]
        return (
          <span key={label}>
            <i class={isDashed ? 'swatch dashed' : 'swatch'} style={{ color: `var(${color})` }} />
            {label} <b>{value === null || value === undefined ? '–' : format(value)}</b>
          </span>
        )
      })}
      {place !== undefined && <span class="hint">{formatPlace(place)}</span>}
    </>
  )
}

/**
 * Draws a chart with uPlot, and draws it again when its size, its colours or its data change.
 *
 * @returns `place`: reference to the element that contains the chart; `drawing`: the chart of
 * uPlot; `pointed`: the index under the pointer.
 */
function useDrawing(shape: ChartShape, data: ChartData) {
  const place = useRef<HTMLDivElement>(null)
  const drawing = useRef<uPlot | undefined>(undefined)
  const [pointed, setPointed] = useState<number | undefined>(undefined)
  const isDark = useDarkColors()
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const onIndex = (index: number | null): void => setPointed(index ?? undefined)
    const options = chartOptions(shape, element.clientWidth, colorsIn(element), onIndex)
    const chart = new uPlot(options, undefined, element)
    drawing.current = chart
    const sizes = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: chartHeight })
    })
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      chart.destroy()
    }
  }, [shape, isDark])
  useLayoutEffect(() => {
    const { places, values } = data
    drawing.current?.setData([places, ...values] as unknown as uPlot.AlignedData)
  }, [data, shape, isDark])
  return { place, drawing, pointed }
}

function showCursor(chart: uPlot | undefined, place: number | undefined): void {
  const left = place === undefined ? -1 : (chart?.valToPos(place, 'x') ?? -1)
  chart?.setCursor({ left, top: place === undefined ? -1 : 0 })
}

/**
 * Returns a function that resolves CSS properties to colours, because a canvas does not know CSS
 * properties.
 */
function colorsIn(element: HTMLElement): (name: string) => string {
  return (name) => {
    element.style.color = `var(${name})`
    const { color } = getComputedStyle(element)
    element.style.color = ''
    return color
  }
}

function useDarkColors(): boolean {
  const [isDark, setDark] = useState(() => darkColors().matches)
  useEffect(() => {
    const colors = darkColors()
    const changed = (): void => setDark(colors.matches)
    colors.addEventListener('change', changed)
    return () => colors.removeEventListener('change', changed)
  }, [])
  return isDark
}

const darkColors = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)')
