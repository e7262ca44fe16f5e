import type { ChartData } from '../charts/index.js'
import type { MediaView } from './media-view.js'

const keptLooks = 150

/** Bitrates of one media at one time. */
interface Look {
  readonly seconds: number
  /** By index of the track. */
  readonly rates: readonly (number | null)[]
}

/** Bitrates of the tracks of all media, since the page was opened and for five minutes at most. */
export class BitrateHistory {
  #looks = new Map<string, readonly Look[]>()

  /** Adds the bitrates of this moment, and forgets media that have ended. */
  note(media: readonly MediaView[], unixTimeMs: number): void {
    this.#looks = new Map(
      media.map(({ publicId, tracks }) => {
        const rates = tracks.map(({ bitrate }) => bitrate ?? null)
        const look = { seconds: unixTimeMs / 1000, rates }
        return [publicId, [...(this.#looks.get(publicId) ?? []), look].slice(-keptLooks)]
      }),
    )
  }

  /** Returns a line for each track of a media. */
  of({ publicId, tracks }: MediaView): ChartData {
    const looks = this.#looks.get(publicId) ?? []
    return {
      places: looks.map(({ seconds }) => seconds),
      values: tracks.map((_, index) => looks.map(({ rates }) => rates[index] ?? null)),
    }
  }
}
