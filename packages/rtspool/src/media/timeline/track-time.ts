import type { Clock } from '../../clock.js'
import { timestampDistance } from '../../rtp/index.js'
import { type Arrival, ArrivalLine, type LinePoint } from './arrival-line.js'
import type { SourceClock } from './source-clock.js'

/** Relation between wall-clock time and RTP timestamp: both values for one instant. */
export interface TimeMapping {
  /** The instant on the wall clock, in milliseconds since 1970. */
  readonly unixMs: number
  /** RTP timestamp that corresponds to the instant, in ticks of the track's clock rate. */
  readonly rtpTime: number
}

/**
 * Relation between wall clock, RTP timestamp and monotonic clock: the three values for one instant.
 */
interface DatedMapping {
  /**
   * The instant on the server's wall clock, in milliseconds since 1970; see {@link SourceClock}. Jumps of the wall
   * clock do not show.
   */
  readonly oursMs: number
  readonly rtpTime: number
  /** The instant on the monotonic clock of this process, in milliseconds. */
  readonly clockMs: number
}

/**
 * Milliseconds from the first packet during which the first sender report is awaited. Afterwards
 * the arrival of packets sets the time.
 */
export const maxReportWaitMs = 4_000
/**
 * Maximum age of a source's last sender report, in milliseconds. Above it the report's time is dropped, and arrival
 * counts. Sources send a report every 5 s or so.
 */
const maxReportAgeMs = 60_000
/** Maximum rounding error of a time since 1970, in milliseconds. 64 bits are exact to 0.00025 ms. */
const maxRoundingMs = 0.001
/**
 * Maximum difference between the RTP time of a report and that of the packets, in milliseconds. A report above the
 * limit is refused. FFmpeg probes its input for 5 s and then sends it as a burst, so its reports lag behind its
 * packets by as much.
 */
const maxReportLagMs = 10_000

/**
 * The time of a track: maps RTP timestamps to instants of a wall clock.
 *
 * The source provides a mapping, which is a pair of both times (in sender reports, or by
 * `mapTime`), and the monotonic clock continues it. The arrival of packets provides it before the
 * first report, after a jump of RTP time, and after the reports have stopped. RFC 3550 section
 * 6.4.1 allows this: the RTP timestamp of a report corresponds to those in data packets.
 */
export class TrackTime {
  readonly #clock: Clock
  readonly #clockRate: number
  readonly #sourceClock: SourceClock
  readonly #awaitsReport: boolean
  readonly #line: ArrivalLine
  /**
   * Pair of wall-clock time and RTP timestamp that the source has provided; `undefined` while time
   * follows the arrival of packets.
   */
  #told: DatedMapping | undefined
  /**
   * Pair of times of the source before the last jump; valid again if the jump was only one stray
   * packet.
   */
  #toldBefore: DatedMapping | undefined
  /**
   * True if a packet has arrived since the source provided its last pair of times. Before that packet, the
   * pair may already include a jump of RTP time.
   */
  #isToldTried = false
  /** True if the source has provided a pair of times since the last {@link restartLine}. */
  #isLineTold = false
  /**
   * RTP time at the last {@link restartLine}, if the first packet was placed by its arrival, and may be late. Reports of
   * the source then show by how much.
   */
  #beginning: LinePoint | undefined
  /** Ticks by which the pair of times is ahead of the RTP time before it, because its source's first packet was late. */
  #toldAheadTicks = 0
  #firstArrivalMs: number | undefined
  /**
   * The server's wall clock minus the monotonic clock, in milliseconds, while time follows the
   * arrival of packets.
   */
  #arrivalOffsetMs = 0
  #lastReportUnixMs: number | undefined

  constructor(init: {
    readonly clock: Clock
    readonly clockRate: number
    readonly sourceClock: SourceClock
    /**
     * True if times of packets have to wait for the first RTCP sender report, because the source
     * sends one soon after its first packet.
     */
    readonly awaitsReport: boolean
  }) {
    this.#clock = init.clock
    this.#clockRate = init.clockRate
    this.#sourceClock = init.sourceClock
    this.#awaitsReport = init.awaitsReport
    this.#line = new ArrivalLine(init.clockRate, init.sourceClock.lead)
  }

  /** True while the first report of the source is awaited; see {@link maxReportWaitMs}. */
  get isWaiting(): boolean {
    if (!this.#awaitsReport || this.#told || this.#firstArrivalMs === undefined) return false
    return this.#clock.now() - this.#firstArrivalMs < maxReportWaitMs
  }

  /**
   * Accepts a pair of times from the application: the sample with `rtpTime` was captured at
   * `unixMs` of the source's wall clock.
   *
   * @param clockMs - The same instant on the monotonic clock.
   */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    const oursMs = this.#sourceClock.fromSource(unixMs, this.#oursAt(clockMs))
    this.#tell({ oursMs, rtpTime, clockMs })
  }

  /**
   * Accepts the pair of times in a sender report, unless the report must be refused. Reasons are a
   * source clock that stands still, a deviation from earlier reports (see {@link
   * SourceClock.fromReport}), and an RTP time more than 10 s off.
   *
   * @returns True if the report was accepted.
   */
  report(unixMs: number, rtpTime: number, clockMs: number): boolean {
    const standsStill = unixMs === this.#lastReportUnixMs
    this.#lastReportUnixMs = unixMs
    if (standsStill || this.#isFar(rtpTime, clockMs)) return false
    const expectedTicks = this.#toldAheadTicks - this.#aheadTicksOf(rtpTime, clockMs)
    const expectedMs = this.#told && this.#oursOf(this.#told, rtpTime + expectedTicks, clockMs)
    const oursMs = this.#sourceClock.fromReport(unixMs, this.#oursAt(clockMs), expectedMs)
    if (oursMs === undefined) return false
    this.#tell({ oursMs, rtpTime, clockMs })
    return true
  }

  /**
   * Records the arrival of a packet with the RTP timestamp `rtpTime`. @returns The relation of the packet's time to
   * that of earlier packets.
   */
  noteArrival(rtpTime: number): Arrival {
    if (this.#line.repeats(rtpTime)) {
      this.#isToldTried = true
      return 'steady'
    }
    const now = this.#clock.now()
    if (this.#firstArrivalMs === undefined) this.#noteFirst(rtpTime, now)
    const arrival = this.#line.note(rtpTime, now)
    if (arrival !== 'steady') this.#noteBreak(arrival, rtpTime, now)
    else if (this.#awaitsReport && this.#told) this.#retireOld(this.#told, now)
    this.#isToldTried = true
    return arrival
  }

  /** Returns whether a packet with this timestamp would now be a jump of RTP time. */
  isJump(rtpTime: number): boolean {
    return this.#line.isJump(rtpTime, this.#clock.now())
  }

  /**
   * Returns the RTP timestamp that packets are estimated to reach at `clockMs` of the monotonic clock; 0 before the
   * first packet.
   */
  timestampAt(clockMs: number): number {
    return this.#line.timestampAt(clockMs)
  }

  /**
   * Returns the RTP timestamp with which another source continues at `clockMs` of the monotonic clock, if it does not
   * state its time: that of the packets, without the time by which a late first packet has put them ahead.
   */
  continuationAt(clockMs: number): number {
    return (this.#line.timestampAt(clockMs) - this.#lineAheadTicks) >>> 0
  }

  /**
   * Ticks by which the present source is ahead of the RTP time before it, because its first packet was late. The next
   * source can continue without them. 0 if the first packet was placed by its age.
   */
  get aheadTicks(): number {
    return this.#told ? this.#toldAheadTicks : this.#lineAheadTicks
  }

  /** True if the present source has taken over before it stated its time, so that its first packet may be late. */
  get isPlacedByArrival(): boolean {
    return this.#beginning !== undefined
  }

  get #lineAheadTicks(): number {
    return this.#ticksOf(this.#line.aheadMs)
  }

  /**
   * Notes that the RTP time begins anew with the next packet: any timestamp is accepted, and is no jump, because the
   * source has announced it.
   *
   * @param aheadTicks - Ticks by which the next packet is already ahead of {@link continuationAt}, if it has been placed
   *   by its arrival, and may be late.
   */
  restartLine(aheadTicks?: number): void {
    const clockMs = this.#clock.now()
    const rtpTime = aheadTicks === undefined ? undefined : this.rtpTimeAtClock(clockMs)
    this.#beginning = rtpTime === undefined ? undefined : { rtpTime, clockMs }
    this.#isLineTold = false
    this.#line.restart(aheadTicks === undefined ? undefined : (aheadTicks * 1000) / this.#clockRate)
  }

  forget(): void {
    this.#told = undefined
    this.#toldBefore = undefined
    this.#firstArrivalMs = undefined
    this.#lastReportUnixMs = undefined
    this.#beginning = undefined
    this.#toldAheadTicks = 0
    this.#isLineTold = false
    this.#line.restart()
  }

  /**
   * Returns the present instant, as wall-clock time and RTP timestamp, for a report to viewers.
   * Later corrections are gradual. `undefined` while no time may be sent.
   */
  announce(): TimeMapping | undefined {
    const now = this.#clock.now()
    const mapping = this.#mapping(now)
    if (!mapping || this.isWaiting) return undefined
    if (!this.#told) this.#sourceClock.announceOurs()
    this.noteAnnounced()
    const elapsedMs = now - mapping.clockMs
    return {
      unixMs: this.#sourceClock.fromOurs(mapping.oursMs + elapsedMs),
      rtpTime: this.#rtpTimeAfter(mapping, elapsedMs),
    }
  }

  /** Notes that viewers have been sent the present times, so that later corrections are gradual. */
  noteAnnounced(): void {
    if (!this.#told) this.#line.noteAnnounced()
  }

  unixTimeMsAt(rtpTime: number): number | undefined {
    const now = this.#clock.now()
    const mapping = this.#mapping(now)
    return mapping && this.#sourceClock.fromOurs(this.#oursOf(mapping, rtpTime, now))
  }

  /**
   * Returns the RTP timestamp with which another source continues at `clockMs` of the monotonic clock. The times that the
   * source has stated last decide, or without them the arrival of packets. {@link aheadTicks} are left out. `undefined`
   * before the first packet.
   */
  rtpTimeAtClock(clockMs: number): number | undefined {
    const told = this.#told
    if (told) return (this.#rtpTimeAfter(told, clockMs - told.clockMs) - this.#toldAheadTicks) >>> 0
    return this.#line.isBegun ? this.continuationAt(clockMs) : undefined
  }

  rtpTimeAt(unixMs: number): number | undefined {
    const mapping = this.#mapping(this.#clock.now())
    return mapping && this.#rtpTimeAfter(mapping, this.#sourceClock.toOurs(unixMs) - mapping.oursMs)
  }

  /**
   * Returns the first RTP timestamp at or after `unixMs`, an instant in milliseconds since 1970; `undefined` if the
   * track's time is unknown.
   */
  firstRtpTimeFrom(unixMs: number): number | undefined {
    const halfTickMs = 500 / this.#clockRate
    return this.rtpTimeAt(unixMs + halfTickMs - maxRoundingMs)
  }

  /**
   * Returns the pair of times that the source has provided, or else the one that follows from the
   * arrival of packets.
   */
  #mapping(now: number): DatedMapping | undefined {
    if (this.#told) return this.#told
    const point = this.#line.pointAt(now)
    return point && { oursMs: this.#arrivalOffsetMs + point.clockMs, ...point }
  }

  #tell(mapping: DatedMapping): void {
    this.#toldAheadTicks = this.#aheadTicksOf(mapping.rtpTime, mapping.clockMs)
    this.#isLineTold = true
    this.#told = mapping
    this.#toldBefore = undefined
    this.#isToldTried = false
  }

  #noteFirst(rtpTime: number, now: number): void {
    this.#firstArrivalMs = now
    this.#arrivalOffsetMs = this.#oursAt(now) - now
    // A report before the first packet is valid, unless its RTP time is far from the packet's.
    if (this.#told && this.#awaitsReport && this.#lagMs(this.#told, rtpTime, now) > maxReportLagMs)
      this.#told = undefined
  }

  /**
   * Drops the source's pair of times if it belongs to the RTP time before a jump. Time then follows
   * arrival.
   */
  #noteBreak(arrival: Arrival, rtpTime: number, now: number): void {
    const told = this.#told
    if (arrival === 'returned') {
      if (!told) this.#told = this.#toldBefore
      return
    }
    if (!told) return
    // A mapping provided since the last packet may already include the jump. Late packets may catch
    // up.
    const maxLagMs = arrival === 'late' || !this.#isToldTried ? maxReportLagMs : 0
    if (this.#lagMs(told, rtpTime, now) <= maxLagMs) return
    this.#toldBefore = told
    this.#told = undefined
    this.#toldAheadTicks = 0
    this.#arrivalOffsetMs = this.#oursOf(told, this.#line.formerTimestampAt(now), now) - now
  }

  /**
   * Drops the pair of times of a source that sends no more reports, because its clock drifts away
   * from the packets.
   */
  #retireOld(told: DatedMapping, now: number): void {
    if (now - told.clockMs <= maxReportAgeMs) return
    this.#arrivalOffsetMs = this.#oursOf(told, this.#line.timestampAt(now), now) - now
    this.#told = undefined
  }

  #oursAt(clockMs: number): number {
    return this.#sourceClock.oursAt(this.#clock, clockMs)
  }

  #isFar(rtpTime: number, clockMs: number): boolean {
    if (!this.#line.isBegun) return false
    const ticks = timestampDistance(this.#line.timestampAt(clockMs), rtpTime)
    return Math.abs(ticks) * 1000 > maxReportLagMs * this.#clockRate
  }

  /**
   * Returns the difference, in milliseconds and never negative, between a packet's RTP time and the
   * RTP time predicted for its arrival at `now`.
   */
  #lagMs(mapping: DatedMapping, rtpTime: number, now: number): number {
    return Math.abs(this.#oursOf(mapping, rtpTime, now) - mapping.oursMs - (now - mapping.clockMs))
  }

  /**
   * Converts an RTP timestamp to the server's wall clock. Timestamps wrap: among the instants with
   * this timestamp, the result is the one nearest to the present. The estimate of the present
   * cancels out, so that nothing is rounded.
   */
  #oursOf(mapping: DatedMapping, rtpTime: number, now: number): number {
    const present = Math.round(((now - mapping.clockMs) * this.#clockRate) / 1000)
    const ticks = present + timestampDistance(mapping.rtpTime + present, rtpTime)
    return mapping.oursMs + (ticks * 1000) / this.#clockRate
  }

  #rtpTimeAfter({ rtpTime }: DatedMapping, elapsedMs: number): number {
    return (rtpTime + this.#ticksOf(elapsedMs)) >>> 0
  }

  /**
   * Returns the ticks by which a pair of times of the present source is ahead, by the first such pair. 0 if it is more
   * than 10 s: the source then sends faster than the clock.
   */
  #aheadTicksOf(rtpTime: number, clockMs: number): number {
    if (this.#isLineTold) return this.#toldAheadTicks
    if (!this.#beginning) return 0
    const elapsedTicks = this.#ticksOf(clockMs - this.#beginning.clockMs)
    const ticks = timestampDistance(this.#beginning.rtpTime + elapsedTicks, rtpTime)
    return ticks > 0 && ticks <= this.#ticksOf(maxReportLagMs) ? ticks : 0
  }

  #ticksOf(ms: number): number {
    return Math.round((ms * this.#clockRate) / 1000)
  }
}
