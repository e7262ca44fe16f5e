import { timestampDistance } from '../../rtp/index.js'
import type { CommonLead, LeadMember } from './common-lead.js'

/**
 * Relation of a packet to the packets before, by timestamp and time of arrival.
 *
 * - `steady`: continues them.
 * - `ahead`, `back`: RTP time has jumped by more than 2 s.
 * - `late`: continues them after a pause of more than 2 s in which RTP time stood still.
 * - `returned`: continues the packets from before the last jump.
 */
export type Arrival = 'steady' | 'ahead' | 'back' | 'late' | 'returned'

/** An RTP timestamp, and the instant of the monotonic clock that corresponds to it. */
export interface LinePoint {
  readonly rtpTime: number
  readonly clockMs: number
}

/** Estimate of a track's RTP time: a straight line over the monotonic clock. */
interface Line {
  /**
   * RTP time at `clockMs`, in ticks with a fraction. It does not include the {@link CommonLead},
   * the time by which the source sends too early.
   */
  ticks: number
  clockMs: number
  /**
   * Milliseconds that the estimated RTP time loses in each millisecond until the next correction;
   * negative if it gains.
   */
  slew: number
  /**
   * True once viewers have been sent wall-clock times by this estimate. Small deviations are then corrected gradually.
   */
  isAnnounced: boolean
}

/**
 * Maximum deviation of a packet from the estimated RTP time, in milliseconds. Above the limit, the
 * packet is a jump or `late`.
 */
const maxDeviationMs = 2_000
/**
 * Maximum deviation, in milliseconds, that is corrected gradually. A larger one is corrected at once, because sound
 * and pictures no longer match.
 */
const maxSlewedMs = 100
/**
 * Milliseconds between two corrections of the estimated RTP time. Each correction uses the earliest
 * packet since the last but one.
 */
const windowMs = 2_000
/** Share of a deviation from the estimate that a gradual correction removes before the next correction is computed. */
const slewGain = 0.1
/** Maximum of {@link Line.slew}. The times in sender reports then drift by less than 1 ms in a second. */
const maxSlew = 0.0008

/**
 * Estimates the RTP time that the packets of one stream have reached, by their timestamps and times
 * of arrival. Packets may be late but never early, so the line follows the earliest packet of the
 * last four seconds. It moves slowly enough for exact reports, and fast enough for a clock that drifts by
 * less than 800 ppm. A packet that deviates by more than 2 s begins a new line at once.
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
  /** Estimate before the last jump. It is used again if the jump was only one stray packet. */
  #former: Line | undefined
  #lastTimestamp = 0
  #windowEndMs = 0
  /**
   * Smallest lateness of a packet since the last correction, in milliseconds, without the {@link
   * CommonLead}.
   */
  #earliestMs = Number.POSITIVE_INFINITY
  #formerEarliestMs = Number.POSITIVE_INFINITY
  /** Part of {@link aheadMs} that this track does not share; `undefined` if nothing is measured. */
  #ownAheadMs: number | undefined
  /** The {@link CommonLead} at the last {@link restart}, in milliseconds. */
  #leadBeforeMs = 0
  #settledAtMs = 0

  /**
   * Creates an estimate without packets.
   *
   * @param clockRate - RTP ticks a second.
   * @param lead - Time by which the source sends too early, shared by the tracks of a media.
   */
  constructor(clockRate: number, lead: CommonLead) {
    this.#ticksPerMs = clockRate / 1000
    this.#lead = lead
    lead.join(this)
  }

  /** Returns whether a timestamp is equal to that of the last packet, as packets of one frame have it. */
  repeats(timestamp: number): boolean {
    return this.#line !== undefined && timestamp === this.#lastTimestamp
  }

  /** True once a first packet has arrived, so that the RTP time can be estimated. */
  get isBegun(): boolean {
    return this.#line !== undefined
  }

  get isAnnounced(): boolean {
    return this.#line?.isAnnounced ?? false
  }

  /**
   * Notes that viewers have been sent wall-clock times by this estimate. Small deviations are then corrected gradually.
   */
  noteAnnounced(): void {
    if (this.#line) this.#line.isAnnounced = true
  }

  /**
   * Returns the RTP timestamp that packets are estimated to have at `clockMs` of the monotonic clock; 0 before the
   * first packet.
   */
  timestampAt(clockMs: number): number {
    return this.#line ? Math.round(this.#ticksAt(this.#line, clockMs)) >>> 0 : 0
  }

  /**
   * Returns the RTP timestamp at `clockMs` of the monotonic clock by the estimate that was valid before the last jump;
   * 0 without such an estimate.
   */
  formerTimestampAt(clockMs: number): number {
    return this.#former ? Math.round(this.#ticksAt(this.#former, clockMs)) >>> 0 : 0
  }

  /**
   * Milliseconds by which the estimate has moved ahead since {@link restart}, because the first packet of a source was
   * late. The next source can continue without them. 0 if the first packet was placed by its age.
   */
  get aheadMs(): number {
    const ownMs = this.#ownAheadMs
    return ownMs === undefined ? 0 : ownMs + this.#lead.ms - this.#leadBeforeMs
  }

  /**
   * Returns the estimated RTP timestamp at `atMs` as a whole number, and the exact instant of the monotonic clock that
   * corresponds to it. `undefined` before the first packet.
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
    if (lateMs < -maxSlewedMs || (lateMs < 0 && !line.isAnnounced)) {
      this.#catchUp(line, lateMs, clockMs)
    }
    if (clockMs >= this.#windowEndMs) this.#endWindow(line, clockMs)
    return 'steady'
  }

  /**
   * Drops the estimate of RTP time. The next packet begins a new one, with any timestamp.
   *
   * @param aheadMs - Initial {@link aheadMs}; `undefined` = it is not measured.
   */
  restart(aheadMs?: number): void {
    this.#line = undefined
    this.#former = undefined
    this.#ownAheadMs = aheadMs
    this.#leadBeforeMs = this.#lead.ms
  }

  #begin(timestamp: number, clockMs: number): void {
    const ticks = timestamp - this.#lead.ms * this.#ticksPerMs
    this.#line = { ticks, clockMs, slew: 0, isAnnounced: false }
    this.#lastTimestamp = timestamp
    this.#settledAtMs = clockMs + 2 * windowMs
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

  /**
   * Returns by how many milliseconds a packet arrives later than a line estimates from its timestamp; negative if the
   * packet is early.
   */
  #lateMs(line: Line, timestamp: number, clockMs: number): number {
    const ticks = this.#ticksAt(line, clockMs)
    const whole = Math.floor(ticks)
    return (timestampDistance(timestamp, whole) + (ticks - whole)) / this.#ticksPerMs
  }

  #ticksAt(line: Line, atMs: number): number {
    return this.#ownTicksAt(line, atMs) + this.#lead.ms * this.#ticksPerMs
  }

  /**
   * Returns the RTP time that a line estimates at `atMs` of the monotonic clock, in ticks with a fraction, without the
   * {@link CommonLead}.
   */
  #ownTicksAt({ ticks, clockMs, slew }: Line, atMs: number): number {
    const elapsedMs = atMs - clockMs
    return ticks + (elapsedMs - slew * Math.min(elapsedMs, windowMs)) * this.#ticksPerMs
  }

  /**
   * Moves the estimate ahead after an early packet. The estimates of the other tracks move too. An
   * exception is a restarted estimate when viewers already know the time of other tracks.
   */
  #catchUp(line: Line, lateMs: number, clockMs: number): void {
    if (line.isAnnounced || !this.#lead.isAnnounced) {
      this.#lead.grow(-lateMs)
      return
    }
    this.#shift(line, lateMs)
    if (this.#ownAheadMs !== undefined && clockMs < this.#settledAtMs) this.#ownAheadMs -= lateMs
  }

  /**
   * Moves the estimate of this track alone, at once.
   *
   * @param lateMs - Lateness to be corrected, in milliseconds; negative to move the estimate ahead.
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
