/**
 * Largest number of pictures that a decoder holds back to reorder them (H.264 A.3.1, H.265 A.4).
 */
const maxDepth = 16
/** Frame rate in pictures per second that is assumed until two pictures have arrived. */
const firstPictureRate = 25

/** Place of a picture in decoding order. Times are in ticks of the track. */
export interface DecodePlace {
  readonly decodeTime: number
  /** Duration of the picture: ticks to the next one in decoding order. */
  readonly duration: number
  /**
   * Decoding time by presentation times alone, for writers that know the next picture before they write this one. It
   * leaves gaps where the presentation does.
   */
  readonly sortedTime: number
  /** Forecast of the ticks from {@link sortedTime} to that of the next picture. */
  readonly interval: number
}

/**
 * Derives decoding times from presentation times, because RTP carries only the latter.
 *
 * Pictures arrive in decoding order. In a stream that reorders by n pictures, sort the presentation
 * times so far: the decoding time of a picture is the one n places before the latest:
 *
 * ```text
 * presentation               0 3 1 2 6 4 5 9
 * decoding, n = 1            0 0 1 2 3 4 5 6
 * ```
 *
 * A picture is sent before the next one arrives, so its duration is a forecast. The next decoding
 * time is the end of this duration, because a browser would take a gap for another stream. The
 * composition offset corrects the difference, and may be negative.
 */
export class DecodeTimes {
  /** Latest presentation times in ticks, sorted. */
  #latest: number[] = []
  /** Number of pictures by which the stream reorders, as measured so far. */
  #depth = 0
  #next: number | undefined
  #sorted = 0
  /**
   * Ticks between the last two sorted pictures. The smaller of this value and `#distanceBefore` is
   * the forecast of the next distance, so that one gap does not change it.
   */
  #distance: number
  #distanceBefore: number

  /**
   * Creates the calculation of decoding times for one track.
   *
   * @param timescale - Ticks per second of all times of the track.
   */
  constructor(timescale: number) {
    this.#distance = Math.round(timescale / firstPictureRate)
    this.#distanceBefore = this.#distance
  }

  /**
   * Returns the decoding time of the next picture.
   *
   * @param time - Presentation time of the picture, in ticks.
   * @param depth - Number of pictures by which the stream reorders, if its format states it.
   * Otherwise the number is measured.
   */
  place(time: number, depth = 0): DecodePlace {
    this.#depth = Math.min(maxDepth, Math.max(this.#depth, depth))
    if (this.#next === undefined) this.#beginBefore(time)
    const sorted = this.#insert(time)
    if (this.#next !== undefined && sorted > this.#sorted) {
      this.#distanceBefore = this.#distance
      this.#distance = sorted - this.#sorted
    }
    this.#sorted = sorted
    const decodeTime = this.#next ?? sorted
    const step = Math.min(this.#distance, this.#distanceBefore)
    const forecast = sorted + step
    // If the stream turns out to reorder more, decoding times fall back in small steps.
    const duration = Math.max(Math.ceil(step / 2), forecast - decodeTime)
    this.#next = decodeTime + duration
    return { decodeTime, duration, sortedTime: sorted, interval: step }
  }

  /**
   * Adds presentation times of imaginary pictures before the first one, so that a time stands
   * `#depth` places before it.
   */
  #beginBefore(time: number): void {
    for (let place = this.#depth; place > 0; place--) {
      this.#latest.push(Math.max(0, time - place * this.#distance))
    }
    this.#sorted = this.#latest[0] ?? time
  }

  /**
   * Inserts a presentation time in sorted order.
   *
   * @returns The time that stands `#depth` places before the latest.
   */
  #insert(time: number): number {
    const latest = this.#latest
    let at = latest.length
    while (at > 0 && (latest[at - 1] as number) > time) at--
    this.#depth = Math.min(maxDepth, Math.max(this.#depth, latest.length - at))
    // Not with splice, which allocates an array for each picture.
    for (let place = latest.length; place > at; place--) latest[place] = latest[place - 1] as number
    latest[at] = time
    if (latest.length > maxDepth + 1) latest.shift()
    return latest[Math.max(0, latest.length - 1 - this.#depth)] as number
  }
}
