import type { Clock } from '../../clock.js'
import { timestampDistance } from '../../rtp/index.js'
import type { TimelinePlace } from './continuous-timeline.js'
import type { SourceClock } from './source-clock.js'
import type { TrackTime } from './track-time.js'
import type { TrackTimeline } from './track-timeline.js'

/**
 * Largest difference in milliseconds between a beginning by the clock of a source and by the arrival of its report.
 * Above the limit, its clock differs from that of the source before, and arrival counts.
 */
const maxClockDifferenceMs = 100
/**
 * Largest difference in milliseconds between the beginning of a further track by the source's reports and by arrival.
 * Above the limit, arrival counts.
 */
const maxTrackDifferenceMs = 5_000
/** Largest age in milliseconds of a first picture by the source's report. Above the limit, its arrival counts. */
const maxAgeMs = 10_000

/**
 * Times that the source has stated: the sample with the RTP timestamp `rtpTime` was captured when its wall clock showed
 * `unixMs`, in milliseconds since 1970.
 */
export interface StatedTime {
  readonly unixMs: number
  readonly rtpTime: number
  /** Arrival of the report, or time of the application's call, in milliseconds of the monotonic clock. */
  readonly clockMs: number
  /** True for a time from a sender report, false for a time that the application has stated by `mapTime`. */
  readonly isReport: boolean
}

export interface ReturnPlacesInit {
  readonly clockRate: number
  readonly clock: Clock
  readonly time: TrackTime
  readonly timeline: TrackTimeline
  readonly sourceClock: SourceClock
}

/**
 * Finds the RTP timestamps with which a track continues after the return of its source, from the times that the source
 * has stated. RTP time then stays in step with the clock: no change of source puts it ahead.
 */
export class ReturnPlaces {
  readonly #init: ReturnPlacesInit

  constructor(init: ReturnPlacesInit) {
    this.#init = init
  }

  /**
   * Returns the place of the first track: by the clock of the source, if it continues the clock of the source before,
   * or else by the arrival of its report. `undefined` before the first packet of all.
   *
   * @param timestamp - Timestamp of the first picture, as the source has sent it.
   */
  ofLeader(stated: StatedTime, timestamp: number): TimelinePlace | undefined {
    const { time, clock, sourceClock, timeline } = this.#init
    const now = clock.now()
    const present = time.rtpTimeAtClock(now)
    if (present === undefined || timeline.nextTimestamp === undefined) return undefined
    const ageMs = this.#ageMs(stated, timestamp, now)
    const arrived = (present - Math.round((ageMs * this.#init.clockRate) / 1000)) >>> 0
    const sourceMs = this.#sourceMsOf(stated, timestamp)
    const continued = time.isPlacedByArrival ? undefined : this.#timestampAt(sourceMs)
    if (continued !== undefined && this.#isNear(arrived, continued, maxClockDifferenceMs)) {
      return { at: continued, present }
    }
    const viewersMs = time.unixTimeMsAt(arrived + time.aheadTicks)
    if (viewersMs !== undefined) sourceClock.continueWith(sourceMs, viewersMs)
    return { at: arrived, present }
  }

  /**
   * Returns the place of the beginning of a further track, in the relation to the first that the source has stated.
   * `undefined` if that is too far from its arrival.
   */
  ofFollower(stated: StatedTime, timestamp: number): TimelinePlace | undefined {
    const { timeline, clock } = this.#init
    const present = timeline.presentAt(clock.now())
    const at = this.#timestampAt(this.#sourceMsOf(stated, timestamp))
    if (present === undefined || at === undefined) return undefined
    return this.#isNear(present, at, maxTrackDifferenceMs) ? { at, present } : undefined
  }

  /** Returns the milliseconds since the capture of the sample with a timestamp, by the arrival of the source's report. */
  #ageMs({ rtpTime, clockMs }: StatedTime, timestamp: number, now: number): number {
    const ticks = timestampDistance(rtpTime, timestamp)
    const ageMs = now - clockMs - (ticks * 1000) / this.#init.clockRate
    return ageMs > 0 && ageMs <= maxAgeMs ? ageMs : 0
  }

  /** Returns the source's wall clock at one of its RTP timestamps, in milliseconds since 1970. */
  #sourceMsOf({ unixMs, rtpTime }: StatedTime, timestamp: number): number {
    return unixMs + (timestampDistance(rtpTime, timestamp) * 1000) / this.#init.clockRate
  }

  #timestampAt(sourceMs: number): number | undefined {
    const viewersMs = this.#init.sourceClock.viewersTimeOf(sourceMs)
    const rtpTime = viewersMs === undefined ? undefined : this.#init.time.rtpTimeAt(viewersMs)
    return rtpTime === undefined ? undefined : (rtpTime - this.#init.time.aheadTicks) >>> 0
  }

  #isNear(one: number, other: number, limitMs: number): boolean {
    return Math.abs(timestampDistance(one, other)) * 1000 <= limitMs * this.#init.clockRate
  }
}
