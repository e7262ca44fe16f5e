import { timestampDistance } from '../../rtp/index.js'
import type { CommonLead, LeadMember } from './common-lead.js'

/**
 * Relation of a packet to the packets before it, by its timestamp and its arrival.
 *
 * - `steady`: continues them.
 * - `ahead`, `back`: RTP time has jumped by more than 2 s.
 * - `late`: continues them after a pause of more than 2 s in which RTP time stood still.
 * - `returned`: continues the packets from before the last jump.
 */
export type Arrival = 'steady' | 'ahead' | 'back' | 'late' | 'returned'

/** An RTP timestamp, and the instant of the monotonic clock at which the line reaches it. */
export interface LinePoint {
  readonly rtpTime: number
  readonly clockMs: number
}

/** RTP time as a linear function of the monotonic clock. */
interface Line {
  /** RTP time at `clockMs`, in ticks with a fraction, without the {@link CommonLead}. */
  ticks: number
  clockMs: number
  /** Milliseconds that the line loses in each millisecond, for one window; negative if it gains. */
  slew: number
  /** True once viewers have been sent times of the line. Small deviations are then corrected gradually. */
  isAnnounced: boolean
}

/** Maximum deviation of a packet from the line, in milliseconds. A packet above the limit is a jump, or `late`. */
const maxDeviationMs = 2_000
/**
 * Maximum deviation, in milliseconds, that is corrected gradually. A larger one is corrected at once, because sound
 * and pictures no longer match.
 */
const maxSlewedMs = 100
/** Length of a window in milliseconds. The earliest packet of each window shows the line's deviation. */
const windowMs = 2_000
/** Share of a gradual correction that is made during one window. */
const slewGain = 0.1
/** Maximum of {@link Line.slew}. The times in sender reports then drift by less than 1 ms in a second. */
const maxSlew = 0.0008

/**
 * Estimates the RTP time that the packets of one stream have reached, by their timestamps and times of arrival.
 * Packets may be late but never early, so the line follows the earliest packets of the last windows. It moves slowly
 * enough for exact reports, and fast enough for a clock that drifts by less than 800 ppm. A packet that deviates by
 * more than 2 s begins a new line at once.
 *
 * A packet ahead of its line shows that the source sends ahead on all of its tracks, so their lines move together
 * (see {@link CommonLead}). Lateness differs between tracks, so it is corrected for each track alone.
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
  /** Line before the last jump. It becomes the line again if only one stray packet has jumped. */
  #former: Line | undefined
  #lastTimestamp = 0
  #windowEndMs = 0
  /** Smallest lateness of a packet in the present window, in milliseconds, without the {@link CommonLead}. */
  #earliestMs = Number.POSITIVE_INFINITY
  #formerEarliestMs = Number.POSITIVE_INFINITY

  /** @param clockRate - RTP ticks a second. @param lead - Lead that the tracks of a media share. */
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

  /** Notes that viewers have been sent times of the line. */
  noteAnnounced(): void {
    if (this.#line) this.#line.isAnnounced = true
  }

  /** Returns the RTP timestamp at an instant of the monotonic clock; 0 before the first packet. */
  timestampAt(clockMs: number): number {
    return this.#line ? Math.round(this.#ticksAt(this.#line, clockMs)) >>> 0 : 0
  }

  /**
   * Returns the RTP timestamp at an instant by the line that was valid before the last jump; 0 without such a line.
   */
  formerTimestampAt(clockMs: number): number {
    return this.#former ? Math.round(this.#ticksAt(this.#former, clockMs)) >>> 0 : 0
  }

  /**
   * Returns a whole RTP timestamp, and the exact instant at which the line reaches it. From there the line currently
   * runs at the clock rate. `undefined` before the first packet.
   */
  pointAt(atMs: number): LinePoint | undefined {
    const line = this.#line
    if (!line) return undefined
    const fromMs = line.slew === 0 ? line.clockMs : atMs
    const ticks = this.#ticksAt(line, fromMs)
    const whole = Math.round(ticks)
    return { rtpTime: whole >>> 0, clockMs: fromMs - (ticks - whole) / this.#ticksPerMs }
  }

  /** Returns whether a packet with this timestamp would be a jump: `ahead` or `back`. */
  isJump(timestamp: number, clockMs: number): boolean {
    if (!this.#line) return false
    const lateMs = this.#lateMs(this.#line, timestamp, clockMs)
    return lateMs < -maxDeviationMs || (lateMs > maxDeviationMs && this.#isBack(timestamp))
  }

  /**
   * Records the arrival of a packet. A repeated timestamp, as within one frame, is `steady` without further
   * computation.
   */
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

  /** Forgets the line. The next packet begins a new one, whatever its timestamp is. */
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

  /** Returns the lateness of a packet in milliseconds; negative if the packet is early. */
  #lateMs(line: Line, timestamp: number, clockMs: number): number {
    const ticks = this.#ticksAt(line, clockMs)
    const whole = Math.floor(ticks)
    return (timestampDistance(timestamp, whole) + (ticks - whole)) / this.#ticksPerMs
  }

  #ticksAt(line: Line, atMs: number): number {
    return this.#ownTicksAt(line, atMs) + this.#lead.ms * this.#ticksPerMs
  }

  /** Returns the ticks of a line at an instant, without the {@link CommonLead}. */
  #ownTicksAt({ ticks, clockMs, slew }: Line, atMs: number): number {
    const elapsedMs = atMs - clockMs
    return ticks + (elapsedMs - slew * Math.min(elapsedMs, windowMs)) * this.#ticksPerMs
  }

  /**
   * Moves the line ahead after an early packet. The lines of the other tracks move with it, except for a line that
   * begins again when viewers already know the time of other tracks.
   */
  #catchUp(line: Line, lateMs: number): void {
    if (!line.isAnnounced && this.#lead.isAnnounced) this.#shift(line, lateMs)
    else this.#lead.grow(-lateMs)
  }

  /**
   * Moves the line of this track alone, at once.
   *
   * @param lateMs - Lateness to be corrected, in milliseconds; negative to move the line ahead.
   */
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
