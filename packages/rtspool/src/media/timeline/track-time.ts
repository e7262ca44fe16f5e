import type { Clock } from '../../clock.js'
import { timestampDistance } from '../../rtp/index.js'
import { type Arrival, ArrivalLine } from './arrival-line.js'
import type { SourceClock } from './source-clock.js'

/** An instant as wall-clock time and as RTP timestamp. */
export interface TimeMapping {
  /** Milliseconds since 1970. */
  readonly unixMs: number
  /** RTP timestamp in ticks of the track's clock rate. */
  readonly rtpTime: number
}

/** An instant on three clocks: wall clock, RTP timestamp and monotonic clock. */
interface DatedMapping {
  /** The instant on our wall clock; see `SourceClock`. */
  readonly oursMs: number
  readonly rtpTime: number
  /** The instant on the monotonic clock of this process. */
  readonly clockMs: number
}

/**
 * Time to wait for the first report of a source that sends reports. Afterwards arrival sets the
 * time.
 */
export const maxReportWaitMs = 4_000
/** Twelve reports of a source that sends them every 5 s. */
const maxReportAgeMs = 60_000
/** Rounding error of milliseconds since 1970 in 64 bits, which are exact to 0.00025 ms. */
const maxRoundingMs = 0.001
/**
 * FFmpeg probes its input for 5 s and sends those in a burst, so its reports lag behind its packets
 * by as much.
 */
const maxReportLagMs = 10_000

/**
 * The time of a track: maps RTP timestamps to instants of a wall clock.
 *
 * The source provides the mapping (in sender reports, or by `mapTime`), and the monotonic clock
 * continues it. The arrival of packets provides it before the first report, after a jump of RTP
 * time, and after the reports have stopped. RFC 3550 section 6.4.1 allows this: the RTP timestamp
 * of a report corresponds to those in data packets.
 */
export class TrackTime {
  readonly #clock: Clock
  readonly #clockRate: number
  readonly #sourceClock: SourceClock
  readonly #awaitsReport: boolean
  readonly #line: ArrivalLine
  /** Mapping provided by the source, as long as it is valid. */
  #told: DatedMapping | undefined
  /** Mapping provided before a jump, in case the jump was one stray packet. */
  #toldBefore: DatedMapping | undefined
  /** True once packets have arrived since that mapping. */
  #isToldTried = false
  #firstArrivalMs: number | undefined
  /** Our wall clock minus the monotonic one, for times set by arrival. */
  #arrivalOffsetMs = 0
  #lastReportUnixMs: number | undefined

  constructor(init: {
    readonly clock: Clock
    readonly clockRate: number
    readonly sourceClock: SourceClock
    /** True for a source that provides its time soon after its first packet. */
    readonly awaitsReport: boolean
  }) {
    this.#clock = init.clock
    this.#clockRate = init.clockRate
    this.#sourceClock = init.sourceClock
    this.#awaitsReport = init.awaitsReport
    this.#line = new ArrivalLine(init.clockRate, init.sourceClock.lead)
  }

  /** True while the source has not provided its time but still may. */
  get isWaiting(): boolean {
    if (!this.#awaitsReport || this.#told || this.#firstArrivalMs === undefined) return false
    return this.#clock.now() - this.#firstArrivalMs < maxReportWaitMs
  }

  /**
   * Accepts the mapping of an application: `rtpTime` was captured at `unixMs` of the source's wall
   * clock.
   */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    const oursMs = this.#sourceClock.fromSource(unixMs, this.#oursAt(clockMs))
    this.#tell({ oursMs, rtpTime, clockMs })
  }

  /**
   * Accepts the mapping of a sender report. It is refused if its clock stands still, if it differs
   * from earlier reports (see {@link SourceClock.fromReport}), or if its RTP time is more than 10 s
   * from the packets'.
   *
   * @returns `true` if it was accepted.
   */
  report(unixMs: number, rtpTime: number, clockMs: number): boolean {
    const standsStill = unixMs === this.#lastReportUnixMs
    this.#lastReportUnixMs = unixMs
    if (standsStill || this.#isFar(rtpTime, clockMs)) return false
    const expectedMs = this.#told && this.#oursOf(this.#told, rtpTime, clockMs)
    const oursMs = this.#sourceClock.fromReport(unixMs, this.#oursAt(clockMs), expectedMs)
    if (oursMs === undefined) return false
    this.#tell({ oursMs, rtpTime, clockMs })
    return true
  }

  /** Records the arrival of a packet. @returns Its position relative to the packets before it. */
  noteArrival(rtpTime: number): Arrival {
    const now = this.#clock.now()
    if (this.#firstArrivalMs === undefined) this.#noteFirst(rtpTime, now)
    const arrival = this.#line.note(rtpTime, now)
    if (arrival !== 'steady') this.#noteBreak(arrival, rtpTime, now)
    else if (this.#awaitsReport && this.#told) this.#retireOld(this.#told, now)
    this.#isToldTried = true
    return arrival
  }

  /** True if a packet with this timestamp would now be a jump of RTP time. */
  isJump(rtpTime: number): boolean {
    return this.#line.isJump(rtpTime, this.#clock.now())
  }

  /**
   * Returns the RTP timestamp that the packets reach at an instant of the monotonic clock; 0 before
   * the first packet.
   */
  timestampAt(clockMs: number): number {
    return this.#line.timestampAt(clockMs)
  }

  /**
   * Allows the next packet to continue at the position that the source has announced, which is no
   * jump.
   */
  restartLine(): void {
    this.#line.restart()
  }

  forget(): void {
    this.#told = undefined
    this.#toldBefore = undefined
    this.#firstArrivalMs = undefined
    this.#lastReportUnixMs = undefined
    this.#line.restart()
  }

  /**
   * Returns the present instant for a sender report; `undefined` while viewers must not be sent any
   * time yet.
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

  /** Notes that viewers have been sent the present mapping. */
  noteAnnounced(): void {
    if (!this.#told) this.#line.noteAnnounced()
  }

  unixTimeMsAt(rtpTime: number): number | undefined {
    const now = this.#clock.now()
    const mapping = this.#mapping(now)
    return mapping && this.#sourceClock.fromOurs(this.#oursOf(mapping, rtpTime, now))
  }

  rtpTimeAt(unixMs: number): number | undefined {
    const mapping = this.#mapping(this.#clock.now())
    return mapping && this.#rtpTimeAfter(mapping, this.#sourceClock.toOurs(unixMs) - mapping.oursMs)
  }

  /** Returns the first RTP timestamp at or after an instant. */
  firstRtpTimeFrom(unixMs: number): number | undefined {
    const halfTickMs = 500 / this.#clockRate
    return this.rtpTimeAt(unixMs + halfTickMs - maxRoundingMs)
  }

  /** Returns the mapping provided by the source, else the one by arrival. */
  #mapping(now: number): DatedMapping | undefined {
    if (this.#told) return this.#told
    const point = this.#line.pointAt(now)
    return point && { oursMs: this.#arrivalOffsetMs + point.clockMs, ...point }
  }

  #tell(mapping: DatedMapping): void {
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

  /** Drops a mapping that belongs to RTP time before a jump. Time continues from there by arrival. */
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
    this.#arrivalOffsetMs = this.#oursOf(told, this.#line.formerTimestampAt(now), now) - now
  }

  /**
   * Drops the mapping of a source that has stopped sending reports, because it drifts away from the
   * packets.
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

  /** Returns the distance of a packet from its expected RTP time, in milliseconds. */
  #lagMs(mapping: DatedMapping, rtpTime: number, now: number): number {
    return Math.abs(this.#oursOf(mapping, rtpTime, now) - mapping.oursMs - (now - mapping.clockMs))
  }

  /**
   * Converts an RTP timestamp to our clock, across any number of wraps: of all instants with this
   * timestamp, the one nearest to the present. The estimate of the present cancels out, so that
   * nothing is rounded.
   */
  #oursOf(mapping: DatedMapping, rtpTime: number, now: number): number {
    const present = Math.round(((now - mapping.clockMs) * this.#clockRate) / 1000)
    const ticks = present + timestampDistance(mapping.rtpTime + present, rtpTime)
    return mapping.oursMs + (ticks * 1000) / this.#clockRate
  }

  #rtpTimeAfter({ rtpTime }: DatedMapping, elapsedMs: number): number {
    return (rtpTime + Math.round((elapsedMs * this.#clockRate) / 1000)) >>> 0
  }
}
