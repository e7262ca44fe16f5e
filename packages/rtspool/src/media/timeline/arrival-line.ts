import { timestampDistance } from '../../rtp/index.js'
import type { CommonLead, LeadMember } from './common-lead.js'

/**
 * Position of a packet relative to the packets before it. `steady` continues them, `ahead` and
 * `back` have jumped, `late` continues after a pause in which RTP time stood still, `returned`
 * continues from before the last jump.
 */
export type Arrival = 'steady' | 'ahead' | 'back' | 'late' | 'returned'

/** An RTP timestamp, and the instant at which it is reached. */
export interface LinePoint {
  readonly rtpTime: number
  readonly clockMs: number
}

/** RTP time as a linear function of the monotonic clock. */
interface Line {
  /** Ticks with a fraction at `clockMs`, without the common lead. */
  ticks: number
  clockMs: number
  /**
   * Milliseconds by which the line falls behind in each millisecond, for one window; negative to
   * catch up.
   */
  slew: number
  /** True once viewers have been sent the line. Small deviations are then corrected gradually. */
  isAnnounced: boolean
}

/** Packets may be early or late by this much and still continue those before them. */
const maxDeviationMs = 2_000
/** Deviation above which the line is corrected at once, because lips and voices are apart. */
const maxSlewedMs = 100
/** Length of a window in which the earliest packet is searched. */
const windowMs = 2_000
/** Share of the deviation that one window corrects. */
const slewGain = 0.1
/**
 * Largest correction in milliseconds a millisecond: the mapping in reports drifts less than 1 ms in
 * a second.
 */
const maxSlew = 0.0008

/**
 * The RTP time that the packets of one stream have reached, by their timestamps and times of arrival.
 *
 * Packets may be late but never early, so the line follows the earliest packets of the last
 * windows. It moves slowly enough for exact reports, and fast enough for a clock that drifts by
 * less than 800 ppm. A packet that deviates further begins a new line at once.
 *
 * A packet ahead of its line shows that the source sends ahead on all of its tracks, so their lines
 * move together (see {@link CommonLead}). Lateness differs between tracks, so it is corrected for
 * each track alone.
 *
 * ```text
 * RTP time          · ╱          a late packet lies below the line
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
  /** The line before the last jump, kept so that one stray packet does not cost it. */
  #former: Line | undefined
  #lastTimestamp = 0
  #windowEndMs = 0
  /** Lateness of the earliest packet in the present window, without the common lead. */
  #earliestMs = Number.POSITIVE_INFINITY
  #formerEarliestMs = Number.POSITIVE_INFINITY

  /**
   * @param clockRate - RTP ticks a second.
   * @param lead - Shared by the tracks of a media.
   */
  constructor(clockRate: number, lead: CommonLead) {
    this.#ticksPerMs = clockRate / 1000
    this.#lead = lead
    lead.join(this)
  }

  /** True once a packet has arrived. */
  get isBegun(): boolean {
    return this.#line !== undefined
  }

  get isAnnounced(): boolean {
    return this.#line?.isAnnounced ?? false
  }

  /** Notes that viewers have been sent the line. */
  noteAnnounced(): void {
    if (this.#line) this.#line.isAnnounced = true
  }

  /** Returns the timestamp at an instant of the monotonic clock; 0 before the first packet. */
  timestampAt(clockMs: number): number {
    return this.#line ? Math.round(this.#ticksAt(this.#line, clockMs)) >>> 0 : 0
  }

  /** Returns the timestamp on the line before the last jump. */
  formerTimestampAt(clockMs: number): number {
    return this.#former ? Math.round(this.#ticksAt(this.#former, clockMs)) >>> 0 : 0
  }

  /** Returns an exact point of the line. From there the line currently runs at the clock rate. */
  pointAt(atMs: number): LinePoint | undefined {
    const line = this.#line
    if (!line) return undefined
    const fromMs = line.slew === 0 ? line.clockMs : atMs
    const ticks = this.#ticksAt(line, fromMs)
    const whole = Math.round(ticks)
    return { rtpTime: whole >>> 0, clockMs: fromMs - (ticks - whole) / this.#ticksPerMs }
  }

  /** True if a packet with this timestamp would be `ahead` or `back`. */
  isJump(timestamp: number, clockMs: number): boolean {
    if (!this.#line) return false
    const lateMs = this.#lateMs(this.#line, timestamp, clockMs)
    return lateMs < -maxDeviationMs || (lateMs > maxDeviationMs && this.#isBack(timestamp))
  }

  /** Records a packet. Repeated timestamps, as within one frame, cost nothing. */
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

  /** Makes the next packet begin a new line, whatever its timestamp. */
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

  /** Returns the lateness of a packet; above 0 if it arrives after its time. */
  #lateMs(line: Line, timestamp: number, clockMs: number): number {
    const ticks = this.#ticksAt(line, clockMs)
    const whole = Math.floor(ticks)
    return (timestampDistance(timestamp, whole) + (ticks - whole)) / this.#ticksPerMs
  }

  #ticksAt(line: Line, atMs: number): number {
    return this.#ownTicksAt(line, atMs) + this.#lead.ms * this.#ticksPerMs
  }

  /** Returns the ticks of a line at an instant, without the common lead. */
  #ownTicksAt({ ticks, clockMs, slew }: Line, atMs: number): number {
    const elapsedMs = atMs - clockMs
    return ticks + (elapsedMs - slew * Math.min(elapsedMs, windowMs)) * this.#ticksPerMs
  }

  /**
   * Moves the line after the source has sent ahead. A track that begins again moves alone if
   * viewers already know the time of other tracks.
   */
  #catchUp(line: Line, lateMs: number): void {
    if (!line.isAnnounced && this.#lead.isAnnounced) this.#shift(line, lateMs)
    else this.#lead.grow(-lateMs)
  }

  /** Moves the line of this track alone, at once; a negative lateness moves it ahead. */
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
    // A single window does not suffice: its earliest packet may have been late by chance.
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
