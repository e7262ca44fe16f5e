import type { RtspServerStats } from 'rtspool'
import type { LiveTraffic } from '../live/live-viewer.js'

/** Bytes of media, and packets left out, of all sessions and multicast groups since the start. */
export interface TotalTraffic {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly packetsDropped: number
}

/**
 * Adds up the traffic of RTP to sessions, RTP to multicast groups, and MP4 fragments to browsers.
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
