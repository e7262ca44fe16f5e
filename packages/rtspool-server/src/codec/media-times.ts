import type { AccessUnit } from 'rtspool'

/**
 * Time in milliseconds at which the timeline of a stream begins. It is not 0, because units that
 * arrive later may have earlier times.
 */
const beginningMs = 10_000
/**
 * Maximum step back of a timestamp in seconds. The next constant is the maximum step forward. A
 * larger step is no pause, but begins another timeline.
 */
const maxBackSeconds = 2
const maxForwardSeconds = 30
/**
 * Maximum difference in milliseconds between two tracks. Above it, the times of one track are
 * shifted to fit the other. Above {@link maxBelievedSkewMs} their clocks are unrelated, and neither
 * is shifted.
 */
const maxSkewMs = 100
const maxBelievedSkewMs = 10_000

/**
 * Pair of times that all tracks of a stream share: a time on the timeline of the stream, and the
 * wall clock of the source at that time.
 */
export interface CommonInstant {
  placeMs: number
  unixMs: number
  /** Index of the leading track, which updates the pair with each of its units. */
  leader: number
}

/**
 * Converts RTP timestamps of one track to times on the timeline of its stream. The timeline begins
 * at 10 s.
 */
export class MediaTimes {
  readonly #clockRate: number
  readonly #index: number
  readonly #isVideo: boolean
  #last: number | undefined
  /** Time of the last unit on the timeline of the stream, in ticks of the track. */
  #place = 0
  #step = 0
  #hasJumped = false

  /**
   * Creates the conversion of RTP timestamps for one track.
   *
   * @param isVideo - True for the leading track. The times of the other tracks are shifted to fit this track.
   */
  constructor(clockRate: number, index: number, isVideo: boolean) {
    this.#clockRate = clockRate
    this.#index = index
    this.#isVideo = isVideo
  }

  /**
   * True if the RTP timestamp of the last access unit had jumped, backwards or far ahead. Its decode time then follows
   * that of the unit before, as if nothing were missing.
   */
  get hasJumped(): boolean {
    return this.#hasJumped
  }

  /**
   * Returns the time of the next unit on the timeline, in ticks of the track.
   *
   * @param common - Times that all tracks share. The leading track updates them, and the others
   * read them.
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
    this.#hasJumped = !isSame
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

/** Returns the first pair of times of a stream that begins with this unit, at 10 s of its timeline. */
export function beginningWith({ unixTimeMs, track }: AccessUnit): CommonInstant {
  return { placeMs: beginningMs, unixMs: unixTimeMs ?? 0, leader: track.index }
}
