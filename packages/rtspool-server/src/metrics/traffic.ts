import type { RtspServerStats } from 'rtspool'
import type { LiveTraffic } from '../live/live-viewer.js'

/** Bytes of media received and sent, and packets not sent to slow viewers, since the start of the server. */
export interface TotalTraffic {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly packetsDropped: number
}

/**
 * Adds up the traffic of the server: RTP of sessions, RTP to multicast groups, and MP4 fragments to browsers.
 *
 * @param live - Traffic of browsers; `undefined` without live pictures.
 */
export function totalTraffic(
  { unicast, multicast }: Pick<RtspServerStats, 'unicast' | 'multicast'>,
  live: LiveTraffic | undefined,
): TotalTraffic {
  return {
    bytesIn: unicast.bytesIn,
    bytesOut: unicast.bytesOut + multicast.bytesOut + (live?.bytesOut ?? 0),
    packetsDropped: unicast.packetsDropped + (live?.packetsDropped ?? 0),
  }
}
