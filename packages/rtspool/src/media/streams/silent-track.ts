import { Diagnostic } from '../../listeners.js'

/** Message on the diagnostics channel `rtspool:silent-track`: a publisher has sent no RTP of a track since RECORD. */
export interface SilentTrack {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track as announced, from 0. */
  readonly track: number
  /** Numeric address of the publisher. */
  readonly address: string
  readonly lowerTransport: 'TCP' | 'UDP'
  /** Seconds since RECORD in which no packet has arrived. */
  readonly seconds: number
}

/**
 * Seconds after RECORD at which a track without packets is reported. An encoder that starts slowly has sent packets
 * by then.
 */
export const silentAfterSeconds = 10

const silentTrack = new Diagnostic<SilentTrack>(
  'rtspool:silent-track',
  'RTSPOOL_SILENT_TRACK',
  ({ path, track, address, lowerTransport, seconds }) =>
    `${path}: its publisher ${address} sends no RTP of track ${track} over ${lowerTransport}, ${seconds} s after RECORD`,
)

/** Publishes on the diagnostics channel `rtspool:silent-track` that a publisher sends no RTP of a track. */
export function announceSilence(track: Omit<SilentTrack, 'seconds'>): void {
  silentTrack.publish({ ...track, seconds: silentAfterSeconds })
}
