import type { MediaDescription } from '../../sdp/index.js'

/** Numbers of a packet that do not depend on time. */
export interface LiveNumbers {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Access of {@link LiveOutlet} to one track of a live media. */
export interface LiveLink {
  /** Position among the tracks of the live media. */
  readonly index: number
  /** Description and clock rate; `undefined` while they are unknown. */
  readonly coded: { readonly description: MediaDescription } | undefined
  /** True if the description contains all parameters of the stream. */
  readonly isComplete: boolean
  /** SSRC and sequence number of the next packet; `undefined` for a track with packets and times of its own. */
  readonly next: LiveNumbers | undefined
  /** Returns the RTP timestamp at a position in seconds. */
  timestampAt(position: number): number
  /** Notes that a viewer waits for a key frame. @returns False if the application has been asked for one already. */
  wantKeyFrame(): boolean
}
