import { sequenceNumberOf } from '../rtp/index.js'
import type { Track } from './track/track.js'

/** Next packet and clock rate of a {@link Track}, from which the header `RTP-Info` is made (RFC 2326 section 12.33). */
export interface TrackBeginning {
  readonly track: Track
  readonly sequenceNumber: number
  readonly rtpTime: number
}

/**
 * Returns the start of each track for a viewer: the next sequence number, and the RTP time of one
 * common instant. Tracks without a known position are omitted, also those whose source is away.
 *
 * @param first - Cached packets of each track that the viewer is sent first. Without them, a
 * track starts with its next packet.
 */
export function trackBeginnings(
  tracks: readonly Track[],
  first: ReadonlyMap<Track, readonly Buffer[]> = new Map(),
): TrackBeginning[] {
  // A report may give the time of a track before its first packet, but such a track has no
  // position yet.
  const instants = tracks
    .filter((track) => track.position !== undefined && !track.isInGap)
    .map((track) => track.unixTimeMsAt(track.beginningOf(first.get(track) ?? [])))
    .filter((time) => time !== undefined)
  const instant = instants.length > 0 ? Math.min(...instants) : undefined
  const info: TrackBeginning[] = []
  for (const track of tracks) {
    const position = track.position
    // The return of the source decides where the track continues.
    if (!position || track.isInGap) continue
    const packet = first.get(track)?.[0]
    info.push({
      track,
      sequenceNumber: packet ? sequenceNumberOf(packet) : position.sequenceNumber,
      rtpTime:
        (instant === undefined ? undefined : track.announceRtpTimeAt(instant)) ??
        position.timestamp,
    })
  }
  return info
}
