import { Diagnostic } from '../../listeners.js'

/** A track that a publisher records and sends nothing on. */
export interface SilentTrack {
  /** Of the presentation. */
  readonly path: string
  /** Index of the track as announced, from 0. */
  readonly track: number
  /** Of the publisher. */
  readonly address: string
  readonly lowerTransport: 'TCP' | 'UDP'
  /** Seconds since RECORD. */
  readonly seconds: number
}

/** Seconds from RECORD to the first packet of a track: an encoder that starts has begun by then. */
export const silentAfterSeconds = 10

const silentTrack = new Diagnostic<SilentTrack>(
  'rtspool:silent-track',
  'RTSPOOL_SILENT_TRACK',
  ({ path, track, address, lowerTransport, seconds }) =>
    `${path}: its publisher ${address} sends no RTP of track ${track} over ${lowerTransport}, ${seconds} s after RECORD`,
)

/** Tells of a track whose publisher has sent nothing that is RTP. */
export function announceSilence(track: Omit<SilentTrack, 'seconds'>): void {
  silentTrack.publish({ ...track, seconds: silentAfterSeconds })
}
