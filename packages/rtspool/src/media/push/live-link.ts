import type { MediaDescription } from '../../sdp/index.js'

/** SSRC and sequence number: the numbers of an RTP packet that do not follow from its time. */
export interface LiveNumbers {
  readonly ssrc: number
  readonly sequenceNumber: number
}

/** Values and functions of one track of a live media that {@link LiveOutlet} uses. */
export interface LiveLink {
  /** Position among the tracks of the live media, from 0. */
  readonly index: number
  /** Description of the track; `undefined` while parameters that a description needs are unknown. */
  readonly coded: { readonly description: MediaDescription } | undefined
  /** True if the description contains all parameters that a decoder needs, such as SPS and PPS. */
  readonly isComplete: boolean
  /**
   * SSRC and sequence number of the next packet; `undefined` for a track that the application writes in RTP packets.
   */
  readonly next: LiveNumbers | undefined
  /** Returns the track's RTP timestamp at a position, in seconds, on the timeline that all tracks share. */
  timestampAt(position: number): number
  /** Notes that a viewer waits for a key frame. @returns False if the application has been asked for one already. */
  wantKeyFrame(): boolean
}
