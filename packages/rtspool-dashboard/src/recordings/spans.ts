import type { SegmentView } from './recording-view.js'

/** Range of time in milliseconds since 1970: a day, the visible part of a day, or a recorded time without a gap. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** Maximum milliseconds between the end of a file and the beginning of the next one that are no gap. */
const joinedMs = 1_000

/**
 * Joins files into recorded times without a gap. Pauses of up to 1 s are no gap.
 *
 * @param segments - The oldest first.
 */
export function spansOf(segments: readonly SegmentView[]): Span[] {
  const spans: { startMs: number; endMs: number }[] = []
  for (const { startTime, endTime } of segments) {
    const [startMs, endMs] = [Date.parse(startTime), Date.parse(endTime)]
    const last = spans.at(-1)
    if (last && startMs <= last.endMs + joinedMs) last.endMs = Math.max(last.endMs, endMs)
    else spans.push({ startMs, endMs })
  }
  return spans
}

/**
 * Returns the first recorded time at or after `timeMs`, which is `timeMs` itself within a span.
 *
 * @param spans - Recorded times, the oldest first.
 * @param timeMs - Milliseconds since 1970, as the result.
 * @returns `undefined` if nothing later was recorded.
 */
export function recordedAt(spans: readonly Span[], timeMs: number): number | undefined {
  const next = spans[firstEndingAfter(spans, timeMs)]
  return next && Math.max(timeMs, next.startMs)
}

/**
 * Returns the index of the first span that ends after a time in milliseconds since 1970. If none does, returns the
 * number of spans.
 */
function firstEndingAfter(spans: readonly Span[], timeMs: number): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.endMs ?? 0) > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Returns the beginning of the nearest span before or after a time, both in milliseconds since 1970; `undefined`
 * without such a span.
 */
export function neighbour(
  spans: readonly Span[],
  timeMs: number,
  direction: 'before' | 'after',
): number | undefined {
  const starts = spans.map(({ startMs }) => startMs)
  return direction === 'after'
    ? starts.find((startMs) => startMs > timeMs)
    : starts.findLast((startMs) => startMs < timeMs)
}

/**
 * Returns the bars that a drawing of the spans within a window shows. Spans nearer than one pixel share a bar, so that
 * there is at most one bar for each pixel.
 *
 * @param pixels - Width of the drawing.
 * @returns Beginning and end of each bar as shares of the window's length, from 0 to 1.
 */
export function barsOf(
  spans: readonly Span[],
  window: Span,
  pixels: number,
): readonly { readonly from: number; readonly to: number }[] {
  const lengthMs = window.endMs - window.startMs
  const pixel = 1 / Math.max(1, pixels)
  const bars: { from: number; to: number }[] = []
  for (let at = firstEndingAfter(spans, window.startMs); at < spans.length; at++) {
    const { startMs, endMs } = spans[at] as Span
    if (startMs >= window.endMs) break
    const from = Math.max(0, (startMs - window.startMs) / lengthMs)
    const to = Math.min(1, Math.max(from + pixel, (endMs - window.startMs) / lengthMs))
    const last = bars.at(-1)
    if (last && from - last.to < pixel) last.to = Math.max(last.to, to)
    else bars.push({ from, to })
  }
  return bars
}
