import type { Clock } from '../clock.js'
import { timestampDistance } from '../rtp/index.js'
import type { SourceClock } from './source-clock.js'

/** An instant on two clocks: a wall clock, and the RTP timestamp. */
export interface TimeMapping {
  /** Milliseconds since 1970. */
  readonly unixMs: number
  /** In ticks of the track's clock rate. */
  readonly rtpTime: number
}

interface DatedMapping extends TimeMapping {
  /** The same instant on this process' monotonic clock. */
  readonly clockMs: number
  /** Timed by the arrival of a packet, on our wall clock, and not by the source. */
  readonly isArrival: boolean
}

/** How long a source that sends reports of its own is waited for before arrival must do. */
export const maxReportWaitMs = 4_000

/**
 * What a track knows of time. It goes on from one mapping by the monotonic clock, so that a jump of our wall
 * clock never shows (RFC 3550 section 6.4.1).
 */
export class TrackTime {
  readonly #clock: Clock
  readonly #clockRate: number
  readonly #sourceClock: SourceClock
  readonly #awaitsReport: boolean
  #mapping: DatedMapping | undefined

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
  }

  /** Whether the source has not told the time yet, and still may. */
  get isWaiting(): boolean {
    const mapping = this.#mapping
    if (!this.#awaitsReport || !mapping?.isArrival) return false
    return this.#clock.now() - mapping.clockMs < maxReportWaitMs
  }

  /** The source says that `rtpTime` was captured at `unixMs` of its wall clock. */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    const oursMs = this.#clock.unixTimeMs() - (this.#clock.now() - clockMs)
    const told = this.#sourceClock.fromSource(unixMs, oursMs)
    this.#mapping = { unixMs: told, rtpTime, clockMs, isArrival: false }
  }

  /** A packet has arrived: good enough until something better is known. @returns Whether it was needed. */
  noteArrival(rtpTime: number): boolean {
    if (this.#mapping) return false
    const clockMs = this.#clock.now()
    this.#mapping = { unixMs: this.#clock.unixTimeMs(), rtpTime, clockMs, isArrival: true }
    return true
  }

  forget(): void {
    this.#mapping = undefined
  }

  /** The present instant, for a sender report; `undefined` while nothing is known that may be told. */
  announce(): TimeMapping | undefined {
    const mapping = this.#mapping
    if (!mapping || this.isWaiting) return undefined
    if (mapping.isArrival) this.#sourceClock.announceOurs()
    const unixMs = this.#unixMsOf(mapping) + (this.#clock.now() - mapping.clockMs)
    return { unixMs, rtpTime: this.rtpTimeAt(unixMs) ?? 0 }
  }

  unixTimeMsAt(rtpTime: number): number | undefined {
    if (!this.#mapping) return undefined
    return (
      this.#unixMsOf(this.#mapping) +
      (this.#ticksTo(rtpTime, this.#mapping) * 1000) / this.#clockRate
    )
  }

  rtpTimeAt(unixMs: number): number | undefined {
    if (!this.#mapping) return undefined
    const ticks = ((unixMs - this.#unixMsOf(this.#mapping)) * this.#clockRate) / 1000
    return (this.#mapping.rtpTime + Math.round(ticks)) >>> 0
  }

  /**
   * From the mapping to an RTP timestamp, across any number of wraps: of all instants that have this timestamp the one
   * that is nearest to the present. The estimate of the present cancels out, so that nothing is rounded.
   */
  #ticksTo(rtpTime: number, mapping: DatedMapping): number {
    const elapsedMs = this.#clock.now() - mapping.clockMs
    const present = Math.round((elapsedMs * this.#clockRate) / 1000)
    return present + timestampDistance(mapping.rtpTime + present, rtpTime)
  }

  #unixMsOf({ unixMs, isArrival }: DatedMapping): number {
    return isArrival ? this.#sourceClock.fromOurs(unixMs) : unixMs
  }
}
