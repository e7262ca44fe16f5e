/** Says which track a diagnostic is about, and whom it comes from. */
export interface TrackPlace {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Numeric, of the peer that sends the packets, if one does: a publisher. */
  readonly address?: string | undefined
}
