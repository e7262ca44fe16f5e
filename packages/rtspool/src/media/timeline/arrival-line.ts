import { timestampDistance } from '../../rtp/index.js'
import type { CommonLead, LeadMember } from './common-lead.js'

/**
 * A packet beside the packets before it: `steady` goes on from them, `ahead` and `back` have jumped, `late` goes on after
 * a pause in which RTP time stood still, `returned` goes on from before the last jump.
 */
export type Arrival = 'steady' | 'ahead' | 'back' | 'late' | 'returned'

/** An RTP timestamp, and when it is reached. */
export interface LinePoint {
  readonly rtpTime: number
  readonly clockMs: number
}

/** An RTP timestamp that moves with the monotonic clock. */
interface Line {
  /** Ticks with a fraction, at `clockMs`, without the common lead. */
  ticks: number
  clockMs: number
  /** Milliseconds by which the line falls behind each millisecond, for one window; negative to catch up. */
  slew: number
  /** Whether viewers know the line: small deviations are slewed from then on. */
  isAnnounced: boolean
}

/** Packets may come early or late by this much and still go on from those before them. */
const maxDeviationMs = 2_000
/** A deviation above this is corrected at once: lips and voices are apart. */
const maxSlewedMs = 100
/** How long the earliest packet is looked for. */
const windowMs = 2_000
/** Share of the deviation that one window corrects. */
const slewGain = 0.1
/** In milliseconds a millisecond: the mapping of reports drifts less than 1 ms in a second. */
const maxSlew = 0.0008

/**
 * The RTP time that the packets of one stream have reached, by their timestamps and times of arrival.
 *
 * Packets are late now and then, and never early. So the line follows the earliest packets of the last windows: slowly
 * enough that a report is exact, and fast enough for any clock that drifts by less than 800 ppm. What deviates
 * further begins a new line at once.
 *
 * A packet ahead of its line is the sign of a source that sends ahead, with all of its tracks: their lines move together
 * (see {@link CommonLead}). Lateness has a cause of its own in each track, and so has each correction of lateness.
 *
 * ```text
 * RTP time          · ╱          a packet that comes late lies below the line
 *    ▲      ·   ·  ╱·  ·
 *    │       ·  ·╱·
 *    │    ·  · ╱  ·   ·
 *    │      ╱·
 *    └──────────────▶ monotonic clock
 * ```
 */
export class ArrivalLine implements LeadMember {
  readonly #ticksPerMs: number
  readonly #lead: CommonLead
  #line: Line | undefined
  /** Before the last jump: one stray packet must not cost the line. */
  #former: Line | undefined
  #lastTimestamp = 0
  #windowEndMs = 0
  /** Of the present window and of the one before: how late the earliest packet came, without the common lead. */
  #earliestMs = Number.POSITIVE_INFINITY
  #formerEarliestMs = Number.POSITIVE_INFINITY

  /**
   * @param clockRate - Ticks a second.
   * @param lead - Shared by the tracks of a media.
   */
  constructor(clockRate: number, lead: CommonLead) {
    this.#ticksPerMs = clockRate / 1000
    this.#lead = lead
    lead.join(this)
  }

  /** Whether a packet has come. */
  get isBegun(): boolean {
    return this.#line !== undefined
  }

  get isAnnounced(): boolean {
    return this.#line?.isAnnounced ?? false
  }

  /** Viewers are told of the line. */
  noteAnnounced(): void {
    if (this.#line) this.#line.isAnnounced = true
  }

  /** The timestamp at an instant of the monotonic clock; 0 before the first packet. */
  timestampAt(clockMs: number): number {
    return this.#line ? Math.round(this.#ticksAt(this.#line, clockMs)) >>> 0 : 0
  }

  /** The same on the line that the last jump has left. */
  formerTimestampAt(clockMs: number): number {
    return this.#former ? Math.round(this.#ticksAt(this.#former, clockMs)) >>> 0 : 0
  }

  /** A point of the line, exact, from which it goes on at the clock rate at present. */
  pointAt(atMs: number): LinePoint | undefined {
    const line = this.#line
    if (!line) return undefined
    const fromMs = line.slew === 0 ? line.clockMs : atMs
    const ticks = this.#ticksAt(line, fromMs)
    const whole = Math.round(ticks)
    return { rtpTime: whole >>> 0, clockMs: fromMs - (ticks - whole) / this.#ticksPerMs }
  }

  /** Whether a packet with this timestamp would be `ahead` or `back`. */
  isJump(timestamp: number, clockMs: number): boolean {
    if (!this.#line) return false
    const lateMs = this.#lateMs(this.#line, timestamp, clockMs)
    return lateMs < -maxDeviationMs || (lateMs > maxDeviationMs && this.#isBack(timestamp))
  }

  /** A packet has come. Timestamps that repeat, as those of one frame do, cost nothing. */
  note(timestamp: number, clockMs: number): Arrival {
    const line = this.#line
    if (!line) {
      this.#begin(timestamp, clockMs)
      return 'steady'
    }
    if (timestamp === this.#lastTimestamp) return 'steady'
    const lateMs = this.#lateMs(line, timestamp, clockMs)
    if (Math.abs(lateMs) > maxDeviationMs) return this.#jump(line, timestamp, clockMs, lateMs)
    this.#lastTimestamp = timestamp
    const ownLateMs = lateMs - this.#lead.ms
    if (ownLateMs < this.#earliestMs) this.#earliestMs = ownLateMs
    if (lateMs < -maxSlewedMs || (lateMs < 0 && !line.isAnnounced)) this.#catchUp(line, lateMs)
    if (clockMs >= this.#windowEndMs) this.#endWindow(line, clockMs)
    return 'steady'
  }

  /** The next packet begins a new line, wherever it is. */
  restart(): void {
    this.#line = undefined
    this.#former = undefined
  }

  #begin(timestamp: number, clockMs: number): void {
    const ticks = timestamp - this.#lead.ms * this.#ticksPerMs
    this.#line = { ticks, clockMs, slew: 0, isAnnounced: false }
    this.#lastTimestamp = timestamp
    this.#beginWindows(clockMs)
  }

  #beginWindows(clockMs: number): void {
    this.#earliestMs = Number.POSITIVE_INFINITY
    this.#formerEarliestMs = Number.POSITIVE_INFINITY
    this.#windowEndMs = clockMs + windowMs
  }

  #jump(line: Line, timestamp: number, clockMs: number, lateMs: number): Arrival {
    const former = this.#former
    this.#former = line
    if (former && Math.abs(this.#lateMs(former, timestamp, clockMs)) <= maxDeviationMs) {
      this.#line = former
      this.#lastTimestamp = timestamp
      this.#beginWindows(clockMs)
      return 'returned'
    }
    const isBack = this.#isBack(timestamp)
    this.#begin(timestamp, clockMs)
    if (lateMs < 0) return 'ahead'
    return isBack ? 'back' : 'late'
  }

  #isBack(timestamp: number): boolean {
    const ticks = timestampDistance(timestamp, this.#lastTimestamp)
    return ticks > maxDeviationMs * this.#ticksPerMs
  }

  /** Above 0 for a packet that comes after its time. */
  #lateMs(line: Line, timestamp: number, clockMs: number): number {
    const ticks = this.#ticksAt(line, clockMs)
    const whole = Math.floor(ticks)
    return (timestampDistance(timestamp, whole) + (ticks - whole)) / this.#ticksPerMs
  }

  #ticksAt(line: Line, atMs: number): number {
    return this.#ownTicksAt(line, atMs) + this.#lead.ms * this.#ticksPerMs
  }

  /** Without the common lead. */
  #ownTicksAt({ ticks, clockMs, slew }: Line, atMs: number): number {
    const elapsedMs = atMs - clockMs
    return ticks + (elapsedMs - slew * Math.min(elapsedMs, windowMs)) * this.#ticksPerMs
  }

  /**
   * The source has sent ahead. A track that begins, or begins anew, beside tracks that viewers know the time of moves
   * alone.
   */
  #catchUp(line: Line, lateMs: number): void {
    if (!line.isAnnounced && this.#lead.isAnnounced) this.#shift(line, lateMs)
    else this.#lead.grow(-lateMs)
  }

  /** Moves the line of this track alone at once; below 0 ahead. */
  #shift(line: Line, lateMs: number): void {
    line.ticks -= lateMs * this.#ticksPerMs
    this.#earliestMs -= lateMs
    this.#formerEarliestMs -= lateMs
  }

  #endWindow(line: Line, clockMs: number): void {
    line.ticks = this.#ownTicksAt(line, clockMs) % 2 ** 32
    line.clockMs = clockMs
    line.slew = 0
    const lateMs = Math.min(this.#earliestMs, this.#formerEarliestMs) + this.#lead.ms
    // Of one window alone the earliest packet may have been late by chance.
    if (this.#formerEarliestMs < Number.POSITIVE_INFINITY) {
      if (Math.abs(lateMs) > maxSlewedMs) this.#shift(line, lateMs)
      else line.slew = clamp((lateMs * slewGain) / windowMs, maxSlew)
    }
    const slewedMs = line.slew * windowMs
    this.#formerEarliestMs = this.#earliestMs - slewedMs
    this.#earliestMs = Number.POSITIVE_INFINITY
    this.#windowEndMs = clockMs + windowMs
  }
}

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value))
