import type { Clock } from '../../clock.js'

/** Milliseconds after which the earliest of the packets in that time decides about the relation of the clocks. */
const windowMs = 5000
/** Largest distance of two RTP timestamps that is no jump, in seconds. */
const maxStepSeconds = 10

/** An instant of the wall clock and of the RTP clock of a stream. */
export interface StreamTime {
  readonly unixMs: number
  readonly rtpTime: number
}

interface Mapping extends StreamTime {
  /** Time in milliseconds of the clock at the instant. */
  readonly clockMs: number
}

/**
 * Wall clock of the RTP timestamps of one stream. The source tells it with {@link map}. Otherwise the arrival of packets
 * decides: of those within some seconds, the one with the least delay.
 */
export class StreamClock {
  readonly #clock: Clock
  readonly #clockRate: number
  #mapping: Mapping | undefined
  #isTold = false
  /** Candidate of the present window for the next mapping. */
  #best: Mapping | undefined
  #windowEndsAt = 0

  constructor(clock: Clock, clockRate: number) {
    this.#clock = clock
    this.#clockRate = clockRate
  }

  /** Sets the relation of the clocks; packets then decide no more. */
  map(unixMs: number, rtpTime: number, clockMs: number): void {
    this.#mapping = { unixMs, rtpTime, clockMs }
    this.#isTold = true
  }

  /** Notes the arrival of a packet. */
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

  /** Returns the present instant; `undefined` before the first packet. */
  now(): StreamTime | undefined {
    const mapping = this.#mapping
    if (!mapping) return undefined
    const elapsedMs = this.#clock.now() - mapping.clockMs
    const ticks = Math.round((elapsedMs * this.#clockRate) / 1000)
    return { unixMs: mapping.unixMs + elapsedMs, rtpTime: (mapping.rtpTime + ticks) >>> 0 }
  }

  /** Returns the seconds by which a packet is earlier than one before it would lead to expect. */
  #leadSeconds(before: Mapping, { rtpTime, clockMs }: Mapping): number {
    const ticks = (rtpTime - before.rtpTime) | 0
    return ticks / this.#clockRate - (clockMs - before.clockMs) / 1000
  }

  #isJump(before: Mapping, after: Mapping): boolean {
    return Math.abs(this.#leadSeconds(before, after)) > maxStepSeconds
  }
}
