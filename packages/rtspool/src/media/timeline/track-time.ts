import type { Clock } from '../../clock.js'
import { timestampDistance } from '../../rtp/index.js'
import { type Arrival, ArrivalLine } from './arrival-line.js'
import type { SourceClock } from './source-clock.js'

/** An instant on two clocks: a wall clock, and the RTP timestamp. */
export interface TimeMapping {
  /** Milliseconds since 1970. */
  readonly unixMs: number
  /** In ticks of the track's clock rate. */
  readonly rtpTime: number
}

/** An instant on three clocks. */
interface DatedMapping {
  /** On our wall clock, as `SourceClock` has it. */
  readonly oursMs: number
  readonly rtpTime: number
  /** On this process' monotonic clock. */
  readonly clockMs: number
}

/** How long a source that sends reports of its own is waited for before arrival must do. */
export const maxReportWaitMs = 4_000
/** Twelve reports of a source that sends them every 5 s. */
const maxReportAgeMs = 60_000
/** Of milliseconds since 1970 in 64 bits, which are exact to 0.00025 ms. */
const maxRoundingMs = 0.001
/** FFmpeg probes its input for 5 s, and sends that in a burst: its reports stay so much behind its packets. */
const maxReportLagMs = 10_000

/**
 * The time of a track: which instant of a wall clock belongs to which RTP timestamp.
 *
 * The source tells it (its sender reports, or `mapTime`), and the monotonic clock carries it on. Until the source does,
 * when RTP time jumps, and when a source that sent reports has ceased to, the packets and their arrival tell it instead
 * (RFC 3550 section 6.4.1: the RTP timestamp corresponds to those in data packets).
 */
export class TrackTime {
  readonly #clock: Clock
  readonly #clockRate: number
  readonly #sourceClock: SourceClock
  readonly #awaitsReport: boolean
  readonly #line: ArrivalLine
  /** What the source has told, as long as it holds. */
  #told: DatedMapping | undefined
  /** What it had told before a jump, in case that the jump was one stray packet. */
  #toldBefore: DatedMapping | undefined
  /** Whether packets have come since it was told. */
  #isToldTried = false
  #firstArrivalMs: number | undefined
  /** Our wall clock minus the monotonic one, for what is timed by arrival. */
  #arrivalOffsetMs = 0
  #lastReportUnixMs: number | undefined

  constructor(init: {
    readonly clock: Clock
    readonly clockRate: number
    readonly sourceClock: SourceClock
    /** Whether the source tells the time itself, soon after its first packet. */
    readonly awaitsReport: boolean
  }) {
    this.#clock = init.clock
    this.#clockRate = init.clockRate
    this.#sourceClock = init.sourceClock
    this.#awaitsReport = init.awaitsReport
    this.#line = new ArrivalLine(init.clockRate, init.sourceClock.lead)
  }

  /** Whether the source has not told the time yet, and still may. */
  get isWaiting(): boolean {
    if (!this.#awaitsReport || this.#told || this.#firstArrivalMs === undefined) return false
    return this.#clock.now() - this.#firstArrivalMs < maxReportWaitMs
  }

  /** The source says that `rtpTime` was captured at `unixMs` of its wall clock. */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    const oursMs = this.#sourceClock.fromSource(unixMs, this.#oursAt(clockMs))
    this.#tell({ oursMs, rtpTime, clockMs })
  }

  /**
   * A sender report of the source says the same. It is not believed when its clock stands still, when it differs from
   * what was told before (see {@link SourceClock.fromReport}), or when its RTP time is more than 10 s from the packets'.
   *
   * @returns Whether it is believed.
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

  /** A packet has arrived. @returns How it lies beside those before it. */
  noteArrival(rtpTime: number): Arrival {
    const now = this.#clock.now()
    if (this.#firstArrivalMs === undefined) this.#noteFirst(rtpTime, now)
    const arrival = this.#line.note(rtpTime, now)
    if (arrival !== 'steady') this.#noteBreak(arrival, rtpTime, now)
    else if (this.#awaitsReport && this.#told) this.#retireOld(this.#told, now)
    this.#isToldTried = true
    return arrival
  }

  /** Whether a packet with this timestamp, now, would be a jump of RTP time. */
  isJump(rtpTime: number): boolean {
    return this.#line.isJump(rtpTime, this.#clock.now())
  }

  /** The RTP timestamp that the packets reach at an instant of the monotonic clock; 0 before the first. */
  timestampAt(clockMs: number): number {
    return this.#line.timestampAt(clockMs)
  }

  /** The next packet goes on wherever its source has said, which is no jump. */
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

  /** The present instant, for a sender report; `undefined` while nothing is known that may be told. */
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

  /** Viewers are told of the present mapping. */
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

  /** The first RTP timestamp that is not before an instant. */
  firstRtpTimeFrom(unixMs: number): number | undefined {
    const halfTickMs = 500 / this.#clockRate
    return this.rtpTimeAt(unixMs + halfTickMs - maxRoundingMs)
  }

  /** What the source has told, else what the packets tell at present. */
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
    // A report may come before the first packet: its mapping holds, unless it speaks of something else.
    if (this.#told && this.#awaitsReport && this.#lagMs(this.#told, rtpTime, now) > maxReportLagMs)
      this.#told = undefined
  }

  /** What was told belongs to RTP time as it was before. Time goes on from there, by arrival. */
  #noteBreak(arrival: Arrival, rtpTime: number, now: number): void {
    const told = this.#told
    if (arrival === 'returned') {
      if (!told) this.#told = this.#toldBefore
      return
    }
    if (!told) return
    // Told since the last packet: it may tell of the jump itself. Late packets may catch up.
    const maxLagMs = arrival === 'late' || !this.#isToldTried ? maxReportLagMs : 0
    if (this.#lagMs(told, rtpTime, now) <= maxLagMs) return
    this.#toldBefore = told
    this.#told = undefined
    this.#arrivalOffsetMs = this.#oursOf(told, this.#line.formerTimestampAt(now), now) - now
  }

  /** A source that has ceased to send reports: what it told last drifts away from the packets. */
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

  /** How far a packet is from where it should be at present. */
  #lagMs(mapping: DatedMapping, rtpTime: number, now: number): number {
    return Math.abs(this.#oursOf(mapping, rtpTime, now) - mapping.oursMs - (now - mapping.clockMs))
  }

  /**
   * From the mapping to an RTP timestamp, across any number of wraps: of all instants that have this timestamp the one
   * that is nearest to the present. The estimate of the present cancels out, so that nothing is rounded.
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
