import type { AccessUnit, TrackInfo } from 'rtspool'
import type { CommonInstant } from '../codec/media-times.js'
import type { TrackFormat } from '../fmp4/track-format.js'

/** An MP4 fragment of one track, ready to be sent to all browsers. */
export interface LiveFragment {
  /** WebSocket frame with the fragment. */
  readonly frame: Buffer
  /** True if a decoder can begin with the fragment. */
  readonly isEntry: boolean
  /** New format of the track from this fragment on; `undefined` if it has not changed. */
  readonly format: TrackFormat | undefined
}

/** Builds MP4 fragments from the access units of one track. */
export interface LiveTrack {
  /** Number of the track in the messages to browsers. */
  readonly id: number
  readonly info: TrackInfo
  /** Format of the track. A video track has none until its first key frame. */
  readonly format: TrackFormat | undefined
  /**
   * Adds an access unit. `common` maps the source's wall clock to the timeline of the stream, for
   * all tracks.
   *
   * @returns The fragment that the unit completes, if it completes one.
   */
  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined
  /**
   * Ends the track.
   *
   * @returns The fragment of the samples that are in none yet; `undefined` if there are none.
   */
  finish(): LiveFragment | undefined
}
