import type { SegmentView } from './recording-view.js'

/** A time without a gap; milliseconds since 1970. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** Milliseconds between two files that are no gap. */
const joinedMs = 1_000

/** Joins files that follow each other. @param segments - The oldest first. */
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
 * Returns the first time at or after a time that was recorded.
 *
 * @returns `undefined` if nothing later was recorded.
 */
export function recordedAt(spans: readonly Span[], timeMs: number): number | undefined {
  const next = spans[firstEndingAfter(spans, timeMs)]
  return next && Math.max(timeMs, next.startMs)
}

/** Returns the index of the first span that ends after a time; the number of spans if none does. */
function firstEndingAfter(spans: readonly Span[], timeMs: number): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.endMs ?? 0) > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/** Returns the beginning of the span before a time, or after it. */
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
 * Returns the spans within a window as shares of its length, joined where no gap between them could be seen: a drawing
 * has at most one bar for each pixel, however many files there are.
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
