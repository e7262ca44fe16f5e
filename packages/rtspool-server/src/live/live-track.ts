import type { AccessUnit, TrackInfo } from 'rtspool'
import type { TrackFormat } from './fmp4/track-format.js'
import type { CommonInstant } from './media-times.js'

/** A part of the picture or sound, ready for all browsers. */
export interface LiveFragment {
  /** WebSocket frame with the fragment. */
  readonly frame: Buffer
  /** True if a decoder can begin with the fragment. */
  readonly isEntry: boolean
  /** Format in which the track goes on from here, if it has changed. */
  readonly format: TrackFormat | undefined
}

/** Makes fragments out of the access units of one track. */
export interface LiveTrack {
  /** Number of the track in the messages to browsers. */
  readonly id: number
  readonly info: TrackInfo
  /** Known from the first key frame on; at once for sound. */
  readonly format: TrackFormat | undefined
  /** @returns The fragment that the unit completes. */
  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined
  /** Ends the track. @returns The fragment of what still waited for more. */
  finish(): LiveFragment | undefined
}
