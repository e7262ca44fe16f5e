import type { ChartData } from '../charts/index.js'
import type { MediaView } from './media-view.js'

/** Maximum number of stored measurements: five minutes, if the page reads every two seconds. */
const keptLooks = 150

/** Bitrates of the tracks of one media at one time. */
interface Look {
  /** Time of the measurement, in milliseconds of the monotonic clock. */
  readonly atMs: number
  /** Bits per second of each track, by its index; `null` = unknown. */
  readonly rates: readonly (number | null)[]
}

/** Stores the bitrates of all tracks since the page was opened, for five minutes at most. */
export class BitrateHistory {
  #looks = new Map<string, readonly Look[]>()

  /**
   * Adds the bitrates of all present media. Removes those of all other media, because they have
   * ended.
   *
   * @param nowMs - Milliseconds of the monotonic clock.
   */
  note(media: readonly MediaView[], nowMs: number): void {
    this.#looks = new Map(
      media.map(({ publicId, tracks }) => {
        const rates = tracks.map(({ bitrate }) => bitrate ?? null)
        const look = { atMs: nowMs, rates }
        return [publicId, [...(this.#looks.get(publicId) ?? []), look].slice(-keptLooks)]
      }),
    )
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
