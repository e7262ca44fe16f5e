import type { LiveLane, LiveTimeline } from './live-timeline.js'

/**
 * Maximum seconds between the time of sound and the end of the previous sound that count as rounding, and not as a gap.
 */
const roundingSeconds = 0.0015
/**
 * Maximum seconds between the present and the end of the last sound, if sound is written without a time. Above them it
 * does not follow that sound, but begins anew.
 */
const gapSeconds = 1
/** Minimum seconds between the starts of two pictures without times: one tick. */
const smallestStep = 1 / 90_000

/**
 * Next position of one track on the timeline of its live media, in seconds. Determines the position of units that are
 * written without a time.
 */
export class LivePlace {
  readonly #timeline: LiveTimeline
  readonly #isSound: boolean
  readonly #lane: LiveLane = { offset: undefined }
  /**
   * Position in seconds of the next picture or sound frame if it follows the last one without a gap; `undefined` before
   * the first.
   */
  #next: number | undefined
  #last = 0
  /**
   * True if the last picture or sound frame had a known duration, so that the next one may follow it without a time.
   */
  #hasDurations = true

  constructor(timeline: LiveTimeline, kind: 'video' | 'audio') {
    this.#timeline = timeline
    this.#isSound = kind === 'audio'
  }

  /**
   * Position in seconds, on the timeline of the live media, at which the next picture or sound frame is sent; 0 before
   * the first.
   */
  get next(): number {
    return this.#next ?? 0
  }

  /**
   * Returns the position, in seconds on the timeline, of the bytes that are written now, if a gap precedes them.
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

  /** Sets the position in seconds, on the timeline of the live media, of the next picture or sound frame. */
  moveTo(position: number): void {
    this.#next = position
  }

  /**
   * Moves {@link next} on, because a picture or sound frame is sent there.
   *
   * @param seconds - Duration of the unit; 0 if it is not known.
   */
  advance(seconds: number): void {
    this.#last = this.next
    this.#hasDurations = seconds > 0
    this.#next = this.next + seconds
  }

  /**
   * Returns the milliseconds until a unit with the time `pts`, in seconds of the application, is due; 0 or less if it
   * is due. Without `pts`, the unit follows the last one.
   */
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
