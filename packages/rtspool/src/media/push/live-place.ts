import type { LiveLane, LiveTimeline } from './live-timeline.js'

/** Seconds by which the time of sound may differ from the end of the sound before, by rounding in a container. */
const roundingSeconds = 0.0015
/** Seconds by which the present may differ from the end of the last unit; above, sound without a time begins anew. */
const gapSeconds = 1
/** Minimum seconds between the starts of two pictures without times: one tick. */
const smallestStep = 1 / 90_000

/** Place of one track on the timeline: the position of the next unit, in seconds. */
export class LivePlace {
  readonly #timeline: LiveTimeline
  readonly #isSound: boolean
  readonly #lane: LiveLane = { offset: undefined }
  /** Position of the next unit if it follows the last one without a gap; `undefined` before the first. */
  #next: number | undefined
  #last = 0
  /** True if the last unit had a duration, so that the next one may follow without a time. */
  #hasDurations = true

  constructor(timeline: LiveTimeline, kind: 'video' | 'audio') {
    this.#timeline = timeline
    this.#isSound = kind === 'audio'
  }

  /** Position of the next unit. */
  get next(): number {
    return this.#next ?? 0
  }

  /**
   * Returns the position of the bytes that are written now, if a gap precedes them.
   *
   * @param pts - Time of the application in seconds; `undefined` for bytes without a time.
   * @param pending - Seconds of samples that were written before, and follow the last unit.
   * @returns `undefined` if the bytes follow those samples without a gap.
   */
  gapBefore(pts: number | undefined, pending: number): number | undefined {
    const expected = this.#next === undefined ? undefined : this.#next + pending
    const start = pts === undefined ? this.#untimed(expected) : this.#timed(pts, expected)
    return start === expected ? undefined : start
  }

  /** Lets the next unit begin at a position. */
  moveTo(position: number): void {
    this.#next = position
  }

  /** Notes that a unit is sent at {@link next}. @param seconds - Its duration; 0 if it is not known. */
  advance(seconds: number): void {
    this.#last = this.next
    this.#hasDurations = seconds > 0
    this.#next = this.next + seconds
  }

  /** Returns the milliseconds until a unit with this time is due; 0 or less if it is due. */
  waitMs(pts: number | undefined): number {
    const position =
      pts === undefined
        ? (this.#next ?? this.#timeline.now)
        : this.#timeline.positionOf(this.#lane, pts)
    return this.#timeline.waitMs(position)
  }

  #timed(pts: number, expected: number | undefined): number {
    const position = this.#timeline.positionOf(this.#lane, pts)
    const isRounded =
      this.#isSound && expected !== undefined && Math.abs(position - expected) <= roundingSeconds
    return isRounded ? expected : position
  }

  #untimed(expected: number | undefined): number {
    const { now } = this.#timeline
    if (expected === undefined) return now
    if (this.#hasDurations && Math.abs(now - expected) <= gapSeconds) return expected
    return Math.max(now, this.#last + smallestStep)
  }
}
