import { timestampDistance } from '../../rtp/index.js'

/** Shortest time in milliseconds of RTP within which late pictures are shown, so that each keeps a timestamp of its own. */
const minSpanMs = 20

export interface CatchUpInit {
  /** Timestamp of the first picture by its age. It precedes `next`. */
  readonly at: number
  /** Earliest timestamp that viewers may be sent. */
  readonly next: number
  /** Timestamp that the source has reached meanwhile. */
  readonly present: number
  readonly clockRate: number
}

/**
 * Timestamps of the first pictures of a source that takes over, if they are older than what viewers have been sent. The
 * pictures up to the present are moved together, so that viewers see them quickly. All later ones keep their time.
 *
 * ```text
 * by age    K . . . . . . . . | . . .
 * viewers   ■ ■ ■ ■ ■ ■ K.....| . . .     ■ sent before, by another source
 * ```
 */
export class CatchUp {
  /** First timestamp that is left as it is. */
  readonly #until: number
  /** Ticks that remain of each tick in front of `until`. */
  readonly #scale: number
  readonly #maxTicks: number

  constructor({ at, next, present, clockRate }: CatchUpInit) {
    const minTicks = Math.round((minSpanMs * clockRate) / 1000)
    const spanTicks = Math.max(minTicks, timestampDistance(next, present))
    this.#until = (next + spanTicks) >>> 0
    const allTicks = timestampDistance(at, this.#until)
    this.#scale = spanTicks / allTicks
    this.#maxTicks = 2 * allTicks
  }

  /** Returns the timestamp that viewers are sent in place of one by age. The order of timestamps stays. */
  timestampOf(timestamp: number): number {
    const ticks = timestampDistance(timestamp, this.#until)
    return ticks > 0 ? (this.#until - Math.floor(ticks * this.#scale)) >>> 0 : timestamp
  }

  /** Returns whether all pictures from a timestamp on keep their time, even if they come out of order. */
  isOver(timestamp: number): boolean {
    return timestampDistance(this.#until, timestamp) > this.#maxTicks
  }
}
