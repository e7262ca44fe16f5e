import type { AccessUnit } from 'rtspool'

/**
 * Place of the first unit in milliseconds, not 0, because units that arrive later may lie before
 * it.
 */
const beginningMs = 10_000
/**
 * Largest step back of a timestamp in seconds, and below the largest step forward. A larger step is
 * not a pause but the beginning of another timeline.
 */
const maxBackSeconds = 2
const maxForwardSeconds = 30
/**
 * Milliseconds between two tracks above which one of them is moved. Above {@link maxBelievedSkewMs}
 * their clocks have nothing in common, and neither is moved.
 */
const maxSkewMs = 100
const maxBelievedSkewMs = 10_000

/**
 * A pair of times that all tracks of a stream share: a place on the timeline of the stream, and the
 * wall clock of the source at that place.
 */
export interface CommonInstant {
  placeMs: number
  unixMs: number
  /** Index of the track that updates the pair with each of its units. */
  leader: number
}

/**
 * Converts RTP timestamps of one track to places on the timeline of its stream, which begins at 10
 * s.
 */
export class MediaTimes {
  readonly #clockRate: number
  readonly #index: number
  readonly #isVideo: boolean
  #last: number | undefined
  /** Place of the last timestamp in ticks. */
  #place = 0
  #step = 0

  /** @param isVideo - True for a track that leads: the other tracks are moved to fit it. */
  constructor(clockRate: number, index: number, isVideo: boolean) {
    this.#clockRate = clockRate
    this.#index = index
    this.#isVideo = isVideo
  }

  /**
   * Returns the place of the next unit in ticks of the track.
   *
   * @param common - Times that all tracks share. The leading track updates them, and the others
   *   read them.
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

/** Returns the shared times of a stream that begins with this unit. */
export function beginningWith({ unixTimeMs, track }: AccessUnit): CommonInstant {
  return { placeMs: beginningMs, unixMs: unixTimeMs ?? 0, leader: track.index }
}
