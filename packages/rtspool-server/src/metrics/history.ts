import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { type Clock, type ClockTimer, type RtspServer, systemClock } from 'rtspool'
import type { LiveTraffic } from '../live/live-viewer.js'
import { type TotalTraffic, totalTraffic } from './traffic.js'

/** Seconds between two samples of the server's load and traffic. */
export const sampleSeconds = 2
const keptSeconds = 5 * 60
const keptSamples = keptSeconds / sampleSeconds
const loopResolutionMs = 20
const nanosecondsPerMs = 1e6
const sharePercentile = 99

/**
 * Measured values of the server at one time. Traffic is counted from the start of the server, so
 * that two samples give a rate.
 */
export interface HistorySample extends TotalTraffic {
  /** Number of the sample: one more than that of the sample before. A client can request the samples after a number. */
  readonly number: number
  /** Time of the sample, in milliseconds since 1970. */
  readonly unixTimeMs: number
  /** Seconds since the start of the server, by the monotonic clock. */
  readonly uptimeSeconds: number
  readonly sessions: number
  readonly connections: number
  /** Delay of the event loop in milliseconds since the sample before: the 99th percentile. */
  readonly loopDelayMs: number
  /** Load of the server from 0 to 1 (at a limit); `undefined` without measures against overload. */
  readonly pressure: number | undefined
}

/**
 * Samples of the server's load and traffic, taken every two seconds. Those of the last five minutes are stored, for
 * charts in the dashboard.
 */
export class History {
  readonly #rtsp: RtspServer
  readonly #live: (() => LiveTraffic) | undefined
  readonly #clock: Clock
  readonly #loop: IntervalHistogram
  readonly #samples: HistorySample[] = []
  readonly #startedAt: number
  #nextNumber: number
  #timer: ClockTimer

  /**
   * Starts to take samples.
   *
   * @param live - Returns the traffic of browsers; `undefined` without live pictures.
   */
  constructor(rtsp: RtspServer, live?: () => LiveTraffic, clock: Clock = systemClock) {
    this.#rtsp = rtsp
    this.#live = live
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#loop = monitorEventLoopDelay({ resolution: loopResolutionMs })
    this.#loop.enable()
    // Numbers of an earlier run of the server are smaller: samples are much rarer than milliseconds.
    this.#nextNumber = Math.floor(clock.unixTimeMs())
    this.#take()
    this.#timer = this.#schedule()
  }

  /**
   * Returns the samples, the oldest first.
   *
   * @param after - Leaves out samples up to this number. A number above all samples is from an
   * earlier run of the server, and leaves out nothing.
   */
  samples(after = -1): readonly HistorySample[] {
    return this.#samples.filter(({ number }) => number > after || after >= this.#nextNumber)
  }

  close(): void {
    this.#timer.cancel()
    this.#loop.disable()
  }

  #schedule(): ClockTimer {
    const next = (): void => {
      this.#take()
      this.#timer = this.#schedule()
    }
    return this.#clock.schedule(next, sampleSeconds * 1000, false)
  }

  #take(): void {
    const stats = this.#rtsp.stats()
    // A histogram without a turn of the loop has no percentile.
    const delay = this.#loop.count > 0 ? this.#loop.percentile(sharePercentile) : 0
    this.#loop.reset()
    this.#samples.push({
      number: this.#nextNumber++,
      unixTimeMs: this.#clock.unixTimeMs(),
      uptimeSeconds: (this.#clock.now() - this.#startedAt) / 1000,
      sessions: this.#rtsp.pool.size,
      connections: stats.connections,
      ...totalTraffic(stats, this.#live?.()),
      loopDelayMs: delay / nanosecondsPerMs,
      pressure: stats.pressure?.value,
    })
    if (this.#samples.length > keptSamples) this.#samples.shift()
  }
}
