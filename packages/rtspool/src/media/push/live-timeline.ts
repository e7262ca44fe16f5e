import type { Clock } from '../../clock.js'
import { timestampDistance } from '../../rtp/index.js'
import { ArrivalLine } from '../timeline/arrival-line.js'
import { CommonLead } from '../timeline/common-lead.js'

/**
 * Clock rate, in ticks per second, with which the {@link ArrivalLine} of the timeline estimates the present position.
 */
const lineRate = 90_000
/** Milliseconds after which the tracks are told the present position again, so that their sender reports stay exact. */
const tellIntervalMs = 500

/**
 * Milliseconds by which a unit that is held until its time may be late. After a later one, the times of the next units
 * count from now.
 */
const maxLateMs = 1_000

/** Instant at which the timeline of a live media had a position. */
export interface LiveInstant {
  /** Position on the timeline, in seconds. */
  readonly position: number
  /** Instant on the monotonic clock of this process, in milliseconds. */
  readonly clockMs: number
  /** Instant on the wall clock, in milliseconds since 1970. */
  readonly unixMs: number
}

/** Relation of one track's times, as the application writes them, to the common timeline. */
export interface LiveLane {
  /**
   * Seconds to add to a time (`pts`) of the application for its position on the timeline; `undefined` before the first
   * unit with a time.
   */
  offset: number | undefined
}

/**
 * Common timeline of the tracks of a live media. It converts times of the application to positions in seconds, which
 * never jump, and relates positions to the clock by the arrival of units.
 *
 * ```text
 *  pts   100.0  100.04  …  103.2 │ 0.0   0.04        the encoder begins again, a second later
 *  pos   100.0  100.04  …  103.2 │ 104.2 104.24      all tracks follow by the same amount
 * ```
 */
export class LiveTimeline {
  readonly #clock: Clock
  readonly #line = new ArrivalLine(lineRate, new CommonLead())
  /** Wall clock minus monotonic clock, in milliseconds. Read once, so that a jump of the wall clock never shows. */
  readonly #wallMs: number
  /** Latest {@link LiveLane.offset} after a jump; 0 before. Tracks that begin or jump take it over if it fits. */
  #offset = 0
  /**
   * Position in seconds of the unit written last. Ticks of 90 kHz wrap, and stand for the position nearest to this one.
   */
  #lastPosition = 0
  #toldMs = Number.NEGATIVE_INFINITY
  /**
   * Position in seconds and time in milliseconds of the first unit that was held until it was due; other units are
   * timed from there.
   */
  #pace: { readonly position: number; readonly clockMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMs = clock.unixTimeMs() - clock.now()
  }

  /** Position in seconds that the timeline has reached now; 0 before the first unit. */
  get now(): number {
    return this.#positionAt(this.#clock.now())
  }

  /**
   * Converts the time `pts` of the application, in seconds, to the position in seconds on the common timeline. A jump
   * of `pts` does not jump there.
   */
  positionOf(lane: LiveLane, pts: number): number {
    lane.offset ??= this.#offset
    const position = pts + lane.offset
    if (!this.#isJump(position)) return position
    // The tracks of an encoder that begins again jump one after the other, by the same amount.
    if (this.#isJump(pts + this.#offset)) {
      this.#offset = Math.round((this.now - pts) * 1000) / 1000
    }
    lane.offset = this.#offset
    return pts + lane.offset
  }

  /**
   * Returns the milliseconds until a position is due in real time. The first position is due at once.
   *
   * @returns 0 or less for a position that is due.
   */
  waitMs(position: number): number {
    const now = this.#clock.now()
    this.#pace ??= { position, clockMs: now }
    const waitMs = this.#pace.clockMs + (position - this.#pace.position) * 1000 - now
    // A source that was away, or was late from the beginning, is not sent as a burst afterwards.
    if (waitMs < -maxLateMs) this.#pace = { position, clockMs: now }
    return waitMs
  }

  /**
   * Notes that a unit with this position has been written now.
   *
   * @returns True if the tracks must be told the present position: the unit deviates from the estimate, or the last
   *   time was {@link tellIntervalMs} ago.
   */
  note(position: number): boolean {
    const now = this.#clock.now()
    this.#lastPosition = position
    if (this.#line.note(ticksOf(position), now) !== 'steady') return true
    return now - this.#toldMs >= tellIntervalMs
  }

  /** Returns a present instant for the sender reports of all tracks; `undefined` before the first unit. */
  tell(): LiveInstant | undefined {
    const now = this.#clock.now()
    const point = this.#line.pointAt(now)
    if (!point) return undefined
    this.#toldMs = now
    this.#line.noteAnnounced()
    const { clockMs, rtpTime } = point
    return { position: this.#unwrapped(rtpTime), clockMs, unixMs: this.#wallMs + clockMs }
  }

  #isJump(position: number): boolean {
    return this.#line.isJump(ticksOf(position), this.#clock.now())
  }

  #positionAt(clockMs: number): number {
    return this.#line.isBegun ? this.#unwrapped(this.#line.timestampAt(clockMs)) : 0
  }

  /** Converts ticks of 90 kHz, modulo 2^32, to a position in seconds: the one nearest to the last unit. */
  #unwrapped(ticks: number): number {
    return this.#lastPosition + timestampDistance(ticksOf(this.#lastPosition), ticks) / lineRate
  }
}

const ticksOf = (position: number): number => (Math.round(position * lineRate) % 2 ** 32) >>> 0
