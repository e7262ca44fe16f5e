import type { MediaFile } from './media-file.js'
import type { FileTrack } from './tracks/file-track.js'

/** First times and length of a file, in seconds on the file's own timeline. */
export interface FileTimes {
  /**
   * Presentation time, in seconds on the file's timeline, of the first picture or sound frame to send, for each track.
   */
  readonly beginnings: readonly number[]
  /** Earliest of `beginnings`, which viewers see as normal play time 0. */
  readonly originSeconds: number
  readonly durationSeconds: number
}

export async function fileTimesOf({ tracks }: MediaFile): Promise<FileTimes> {
  const beginnings = await Promise.all(tracks.map(beginningOf))
  const originSeconds = Math.min(...beginnings)
  const endSeconds = Math.max(...tracks.map((track) => track.endSeconds))
  return { beginnings, originSeconds, durationSeconds: Math.max(0, endSeconds - originSeconds) }
}

async function beginningOf(track: FileTrack): Promise<number> {
  let beginning = Number.POSITIVE_INFINITY
  let unitsLeft = track.lookAhead + 1
  for await (const unit of track.accessUnits()) {
    beginning = Math.min(beginning, unit.seconds)
    if (--unitsLeft === 0) break
  }
  return Number.isFinite(beginning) ? beginning : 0
}
