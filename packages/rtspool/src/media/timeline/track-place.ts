/** Identifies the track that a diagnostic is about, and the peer that sends its packets. */
export interface TrackPlace {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /**
   * Numeric address of the peer that sends the packets, for example a publisher; absent without a
   * peer.
   */
  readonly address?: string | undefined
}
