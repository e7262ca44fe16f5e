import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { durationText } from '../words/quantities.js'
import { barsOf, neighbour, recordedAt, type Span } from './spans.js'
import { centred, clockText, marksOf, markText, moved, zoomed } from './time-window.js'

interface TimeLineProps {
  readonly day: Span
  /** Part of the day that the time line shows. */
  readonly window: Span
  readonly spans: readonly Span[]
  /** Time of the shown picture, in milliseconds since 1970. */
  readonly timeMs: number
  /** Range to export or delete, which the line marks. */
  readonly chosen: Span | undefined
  readonly onSeek: (timeMs: number) => void
  readonly onWindow: (window: Span) => void
}

/**
 * Distance by which each key of the time line moves the shown time, as a share of the visible part; negative = earlier.
 */
const keySteps: Readonly<Record<string, number>> = {
  ...{ ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01 },
  ...{ PageDown: -0.1, PageUp: 0.1 },
}
const zoomFactor = 2

/**
 * Line with the recorded times of a day. A click chooses a time. Arrows and page keys move the time, `+` and `-` zoom,
 * `[` and `]` go to the nearest beginning of recorded time before and after.
 */
export function TimeLine(props: TimeLineProps): JSX.Element {
  const { day, window, spans, timeMs, chosen, onSeek, onWindow } = props
  const line = useRef<HTMLDivElement>(null)
  const width = useWidth(line)
  const bars = useMemo(() => barsOf(spans, window, width), [spans, window, width])
  const lengthMs = window.endMs - window.startMs
  const shareOf = (ms: number): number => (ms - window.startMs) / lengthMs
  const timeAt = ({ clientX }: MouseEvent): number => {
    const { left = 0, width: pixels = 1 } = line.current?.getBoundingClientRect() ?? {}
    return window.startMs + Math.min(1, Math.max(0, (clientX - left) / pixels)) * lengthMs
  }
  useZoomWheel(line, (event) =>
    onWindow(zoomed(window, day, timeAt(event), event.deltaY < 0 ? 1 / zoomFactor : zoomFactor)),
  )
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, { window, day, spans, timeMs })
    if (to !== undefined) onSeek(Math.min(day.endMs, Math.max(day.startMs, to)))
    else if (event.key === '+') onWindow(zoomedAt(props, 1 / zoomFactor))
    else if (event.key === '-') onWindow(zoomedAt(props, zoomFactor))
    else return
    event.preventDefault()
  }
  const isRecorded = recordedAt(spans, timeMs) === timeMs
  return (
    <div class="time-line">
      <div
        ref={line}
        class="line"
        role="slider"
        tabIndex={0}
        aria-label="Time line"
        aria-valuemin={day.startMs}
        aria-valuemax={day.endMs}
        aria-valuenow={Math.round(timeMs)}
        aria-valuetext={`${clockText(timeMs)}, ${isRecorded ? 'recorded' : 'nothing recorded'}`}
        onClick={(event) => onSeek(timeAt(event))}
        onKeyDown={onKeyDown}
      >
        {chosen && <Bar kind="chosen" from={shareOf(chosen.startMs)} to={shareOf(chosen.endMs)} />}
        {bars.map(({ from, to }) => (
          <Bar key={from} kind="recorded" from={from} to={to} />
        ))}
        {timeMs >= window.startMs && timeMs <= window.endMs && (
          <span class="now" style={{ left: `${shareOf(timeMs) * 100}%` }} />
        )}
      </div>
      <div class="marks" aria-hidden="true">
        {visibleMarks(window).map((markMs) => (
          <span key={markMs} style={{ left: `${shareOf(markMs) * 100}%` }}>
            {markText(markMs)}
          </span>
        ))}
      </div>
      <p class="hint" aria-live="polite">
        {clockText(window.startMs)} to {clockText(window.endMs - 1)}, {durationText(lengthMs)}
      </p>
    </div>
  )
}

/** Share of the visible part at each end of the time line without marks, because their text would be cut off there. */
const edgeShare = 0.02

const visibleMarks = (window: Span): number[] => {
  const edgeMs = (window.endMs - window.startMs) * edgeShare
  return marksOf(window).filter(
    (markMs) => markMs >= window.startMs + edgeMs && markMs <= window.endMs - edgeMs,
  )
}

interface BarProps {
  readonly kind: string
  /**
   * Beginning of the bar as a share of the time line's visible part, and `to` its end. Values outside of 0 to 1 are
   * hidden.
   */
  readonly from: number
  readonly to: number
}

function Bar({ kind, from, to }: BarProps): JSX.Element | null {
  const [left, right] = [Math.max(0, from), Math.min(1, to)]
  if (right <= left) return null
  return <span class={kind} style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }} />
}

/**
 * Returns the time to which a key moves the shown picture, in milliseconds since 1970; `undefined` for all other keys.
 */
function keyTarget(
  key: string,
  { window, day, spans, timeMs }: Pick<TimeLineProps, 'window' | 'day' | 'spans' | 'timeMs'>,
): number | undefined {
  const step = keySteps[key]
  if (step !== undefined) return timeMs + step * (window.endMs - window.startMs)
  if (key === 'Home') return day.startMs
  if (key === 'End') return day.endMs
  if (key === '[') return neighbour(spans, timeMs, 'before')
  if (key === ']') return neighbour(spans, timeMs, 'after')
  return undefined
}

/** Returns a zoomed visible part of the day with the shown picture in its middle. */
function zoomedAt(
  { day, window, timeMs }: Pick<TimeLineProps, 'day' | 'window' | 'timeMs'>,
  factor: number,
): Span {
  return zoomed(centred(window, day, timeMs), day, timeMs, factor)
}

/** Buttons that zoom a time line, and move its visible part to earlier or later times. */
export function TimeLineTools(
  props: Pick<TimeLineProps, 'day' | 'window' | 'timeMs' | 'onWindow'>,
) {
  const { day, window, onWindow } = props
  const tools: readonly (readonly [string, () => Span])[] = [
    ['Zoom in', () => zoomedAt(props, 1 / zoomFactor)],
    ['Zoom out', () => zoomedAt(props, zoomFactor)],
    ['Earlier', () => moved(window, day, -0.5)],
    ['Later', () => moved(window, day, 0.5)],
    ['Whole day', () => day],
  ]
  return (
    <div class="tools">
      {tools.map(([name, windowOf]) => (
        <button key={name} type="button" onClick={() => onWindow(windowOf())}>
          {name}
        </button>
      ))}
    </div>
  )
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(1000)
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 1000))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return width
}

/**
 * Hook that calls `zoom` when the wheel turns over an element while the control key is down, instead of the browser's
 * zoom.
 */
function useZoomWheel(
  element: { readonly current: HTMLElement | null },
  zoom: (event: WheelEvent) => void,
): void {
  const latest = useRef(zoom)
  latest.current = zoom
  useEffect(() => {
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return
      event.preventDefault()
      latest.current(event)
    }
    element.current?.addEventListener('wheel', onWheel, { passive: false })
    return () => element.current?.removeEventListener('wheel', onWheel)
  }, [])
}
