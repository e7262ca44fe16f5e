import type { AccessUnit, TrackInfo } from 'rtspool'
import type { TrackFormat } from './fmp4/track-format.js'
import type { CommonInstant } from './media-times.js'

/** A fragment of one track, ready to be sent to all browsers. */
export interface LiveFragment {
  /** WebSocket frame with the fragment. */
  readonly frame: Buffer
  /** True if a decoder can begin with the fragment. */
  readonly isEntry: boolean
  /** Format of the track from this fragment on, if it has changed. */
  readonly format: TrackFormat | undefined
}

/** Makes fragments out of the access units of one track. */
export interface LiveTrack {
  /** Number of the track in the messages to browsers. */
  readonly id: number
  readonly info: TrackInfo
  /** Format of the track. A video track has none until its first key frame. */
  readonly format: TrackFormat | undefined
  /**
   * Adds an access unit.
   *
   * @returns The fragment that the unit completes, if it completes one.
   */
  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined
  /**
   * Ends the track.
   *
   * @returns The fragment of samples that still waited for more, if there are any.
   */
  finish(): LiveFragment | undefined
}
