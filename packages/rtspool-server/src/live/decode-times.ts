/** Largest number of pictures that a decoder holds back (H.264 A.3.1, H.265 A.4). */
const maxDepth = 16
/** Pictures per second that the first picture is taken to belong to. */
const firstPictureRate = 25

/** Place of a picture in decoding order, in ticks. */
export interface DecodePlace {
  readonly decodeTime: number
  /** Ticks to the next picture in decoding order. */
  readonly duration: number
}

/**
 * Derives decoding times from the times of presentation, which are all that RTP carries. Pictures arrive in decoding
 * order; their decoding times are their sorted times of presentation, as many pictures back as the stream reorders.
 *
 * ```text
 *  presentation  0 3 1 2 6 4 5 9      sorted, one picture back: 0 0 1 2 3 4 5 6
 * ```
 *
 * A picture is sent before the next one arrives, so its duration is a forecast. The decoding time of the next picture
 * is held to the forecast: durations leave no gap, which a browser would take for the beginning of another stream. The
 * composition offset makes up for the difference, and may be negative.
 */
export class DecodeTimes {
  /** The latest times of presentation, sorted. */
  #latest: number[] = []
  /** Largest number of pictures so far that arrived before one that is presented first. */
  #depth = 0
  #next: number | undefined
  #sorted = 0
  /** The smaller of the last two distances is the forecast, so that one gap does not change it. */
  #distance: number
  #distanceBefore: number

  /** @param timescale - Ticks per second. */
  constructor(timescale: number) {
    this.#distance = Math.round(timescale / firstPictureRate)
    this.#distanceBefore = this.#distance
  }

  /**
   * @param time - Time of presentation of the next picture that arrives, in ticks.
   * @param depth - Pictures that the stream reorders, if its format tells: otherwise the first pictures show it.
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
    // Where the stream turns out to reorder more, decoding times fall back in small steps.
    const duration = Math.max(Math.ceil(step / 2), forecast - decodeTime)
    this.#next = decodeTime + duration
    return { decodeTime, duration }
  }

  /** Fills the places of the pictures in front of the first one, which do not exist. */
  #beginBefore(time: number): void {
    for (let place = this.#depth; place > 0; place--) {
      this.#latest.push(Math.max(0, time - place * this.#distance))
    }
    this.#sorted = this.#latest[0] ?? time
  }

  /** @returns The time that is as many places from the end as pictures are held back. */
  #insert(time: number): number {
    const latest = this.#latest
    let at = latest.length
    while (at > 0 && (latest[at - 1] as number) > time) at--
    this.#depth = Math.min(maxDepth, Math.max(this.#depth, latest.length - at))
    latest.splice(at, 0, time)
    if (latest.length > maxDepth + 1) latest.shift()
    return latest[Math.max(0, latest.length - 1 - this.#depth)] as number
  }
}
