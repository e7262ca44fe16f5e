import type { ChartData } from '../charts/index.js'
import type { MediaView } from './media-view.js'

/** Maximum number of stored measurements of one media: five minutes, if the page reads every two seconds. */
const keptLooks = 150

/** Minimum milliseconds between two stored measurements of a media; a measurement that follows sooner is left out. */
const shortestMs = 1000
/** Milliseconds after the last measurement of a media until its bitrates are removed. */
const forgetMs = 60_000

/** Measured bitrates of all tracks of one media at one time. */
interface Look {
  /** Time of the measurement, in milliseconds of the monotonic clock. */
  readonly atMs: number
  /** Bits per second of each track, by its index; `null` = unknown. */
  readonly rates: readonly (number | null)[]
}

/** Stores the bitrates of all tracks since the page was opened, for charts: the last five minutes at most. */
export class BitrateHistory {
  readonly #looks = new Map<string, readonly Look[]>()

  /**
   * Stores the bitrates of media that the page has just read. Removes those of media that were not read for a minute,
   * because they have ended or are no longer visible.
   *
   * @param nowMs - Milliseconds of the monotonic clock.
   */
  note(media: readonly MediaView[], nowMs: number): void {
    for (const { publicId, tracks } of media) {
      const looks = this.#looks.get(publicId) ?? []
      if (nowMs - (looks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < shortestMs) continue
      const look = { atMs: nowMs, rates: tracks.map(({ bitrate }) => bitrate ?? null) }
      this.#looks.set(publicId, [...looks, look].slice(-keptLooks))
    }
    for (const [publicId, looks] of this.#looks) {
      if (nowMs - (looks.at(-1)?.atMs ?? 0) > forgetMs) this.#looks.delete(publicId)
    }
  }

  /**
   * Returns the chart of a media: bits per second over seconds since 1970, one line for each track.
   *
   * @param nowMs - Milliseconds of the clock of `note`.
   * @param unixTimeMs - The same instant in milliseconds since 1970.
   */
  of({ publicId, tracks }: MediaView, nowMs: number, unixTimeMs: number): ChartData {
    const looks = this.#looks.get(publicId) ?? []
    return {
      places: looks.map(({ atMs }) => (unixTimeMs - nowMs + atMs) / 1000),
      values: tracks.map((_, index) => looks.map(({ rates }) => rates[index] ?? null)),
    }
  }
}
