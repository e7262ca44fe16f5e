import type { Clock } from '../../clock.js'

/**
 * Milliseconds between two corrections of the relation between RTP time and wall clock. Each uses the packet with the
 * least delay since the last correction.
 */
const windowMs = 5000
/**
 * Largest error in seconds with which the timestamps of two packets predict the time between their arrivals. A larger
 * error is a jump of the timestamps.
 */
const maxStepSeconds = 10

/** Instant of a stream: wall clock in milliseconds since 1970, and RTP timestamp in ticks, modulo 2^32. */
export interface StreamTime {
  readonly unixMs: number
  readonly rtpTime: number
}

interface Mapping extends StreamTime {
  /** Instant in milliseconds of the {@link Clock}. */
  readonly clockMs: number
}

/**
 * Relates the RTP timestamps of one stream to the wall clock. The source states the relation with {@link map}.
 * Otherwise the arrival of packets decides: in each {@link windowMs}, the packet with the least delay.
 */
export class StreamClock {
  readonly #clock: Clock
  readonly #clockRate: number
  #mapping: Mapping | undefined
  #isTold = false
  /** Packet with the least delay since the last correction; `undefined` if none has arrived. */
  #best: Mapping | undefined
  #windowEndsAt = 0

  constructor(clock: Clock, clockRate: number) {
    this.#clock = clock
    this.#clockRate = clockRate
  }

  /**
   * Sets the relation of RTP time and wall clock: `rtpTime`, `unixMs` and `clockMs` are the same instant. The arrival
   * of packets no longer changes it.
   */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    this.#mapping = { unixMs, rtpTime, clockMs }
    this.#isTold = true
  }

  /** Takes account of a packet that arrives now with this RTP timestamp. Has no effect after {@link map}. */
  note(rtpTime: number): void {
    if (this.#isTold) return
    const clockMs = this.#clock.now()
    const arrived = { unixMs: this.#clock.unixTimeMs(), rtpTime, clockMs }
    if (!this.#mapping || this.#isJump(this.#mapping, arrived)) {
      this.#mapping = arrived
      this.#best = undefined
      this.#windowEndsAt = clockMs + windowMs
      return
    }
    if (!this.#best || this.#leadSeconds(this.#best, arrived) > 0) this.#best = arrived
    if (clockMs < this.#windowEndsAt) return
    this.#mapping = this.#best
    this.#best = undefined
    this.#windowEndsAt = clockMs + windowMs
  }

  /** Returns the present instant of the stream; `undefined` before the first packet and {@link map}. */
  now(): StreamTime | undefined {
    const mapping = this.#mapping
    if (!mapping) return undefined
    const elapsedMs = this.#clock.now() - mapping.clockMs
    const ticks = Math.round((elapsedMs * this.#clockRate) / 1000)
    return { unixMs: mapping.unixMs + elapsedMs, rtpTime: (mapping.rtpTime + ticks) >>> 0 }
  }

  /** Returns the seconds by which a packet arrives earlier than its timestamp and the arrival of `before` predict. */
  #leadSeconds(before: Mapping, { rtpTime, clockMs }: Mapping): number {
    const ticks = (rtpTime - before.rtpTime) | 0
    return ticks / this.#clockRate - (clockMs - before.clockMs) / 1000
  }

  #isJump(before: Mapping, after: Mapping): boolean {
    return Math.abs(this.#leadSeconds(before, after)) > maxStepSeconds
  }
}
