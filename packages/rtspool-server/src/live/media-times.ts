import type { AccessUnit } from 'rtspool'

/** Place of the first unit: units that arrive later may lie before it. */
const beginningMs = 10_000
/** A step back or forth of more than these seconds is no pause, but another stream. */
const maxBackSeconds = 2
const maxForwardSeconds = 30
/** Distance between two tracks above which one is moved, and above which their clocks have nothing in common. */
const maxSkewMs = 100
const maxBelievedSkewMs = 10_000

/** Instant at which all tracks of a stream agree: a place on its timeline, and the wall clock of the source. */
export interface CommonInstant {
  placeMs: number
  unixMs: number
  /** Index of the track whose units move the instant. */
  leader: number
}

/** Places the RTP timestamps of one track on the timeline of its stream, which begins at 10 s. */
export class MediaTimes {
  readonly #clockRate: number
  readonly #index: number
  readonly #isVideo: boolean
  #last: number | undefined
  /** Place of the last timestamp in ticks. */
  #place = 0
  #step = 0

  /** @param isVideo - The track leads: other tracks are moved to fit it. */
  constructor(clockRate: number, index: number, isVideo: boolean) {
    this.#clockRate = clockRate
    this.#index = index
    this.#isVideo = isVideo
  }

  /**
   * Returns the place of the next unit in ticks of the track.
   *
   * @param common - Instant of all tracks: read, and moved by the leading track.
   */
  place({ timestamp, unixTimeMs }: AccessUnit, common: CommonInstant): number {
    const unixMs = unixTimeMs ?? common.unixMs
    if (this.#last === undefined) this.#place = this.#ticksOf(expectedMs(common, unixMs))
    else this.#advance((timestamp - this.#last) | 0)
    this.#last = timestamp
    this.#settle(common, unixMs)
    return this.#place
  }

  #advance(distance: number): void {
    const seconds = distance / this.#clockRate
    const isSame = seconds > -maxBackSeconds && seconds < maxForwardSeconds
    this.#place += isSame ? distance : this.#step
    if (isSame && distance > 0) this.#step = distance
  }

  #settle(common: CommonInstant, unixMs: number): void {
    const placeMs = (this.#place / this.#clockRate) * 1000
    if (this.#leads(common)) {
      common.placeMs = placeMs
      common.unixMs = unixMs
      return
    }
    const skewMs = expectedMs(common, unixMs) - placeMs
    const isSkewed = Math.abs(skewMs) > maxSkewMs && Math.abs(skewMs) < maxBelievedSkewMs
    if (isSkewed) this.#place = this.#ticksOf(placeMs + skewMs)
  }

  #leads(common: CommonInstant): boolean {
    if (this.#isVideo) common.leader = this.#index
    return common.leader === this.#index
  }

  #ticksOf(milliseconds: number): number {
    return Math.max(0, Math.round((milliseconds * this.#clockRate) / 1000))
  }
}

const expectedMs = ({ placeMs, unixMs }: CommonInstant, atMs: number): number =>
  placeMs + (atMs - unixMs)

/** Returns the common instant of a stream that begins with this unit. */
export function beginningWith({ unixTimeMs, track }: AccessUnit): CommonInstant {
  return { placeMs: beginningMs, unixMs: unixTimeMs ?? 0, leader: track.index }
}
