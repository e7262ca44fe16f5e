import type { RtspClientStats, RtspClientTrack } from '../rtsp-client.js'

/**
 * Returns the sums of the counters of all tracks, and the latest arrival of a video packet, for the statistics of a
 * client.
 */
export function sumOfTracks(
  tracks: readonly RtspClientTrack[],
): Omit<RtspClientStats, 'strayBytes' | 'unknownFrames'> {
  const sums = {
    packets: 0,
    bytes: 0,
    lostPackets: 0,
    invalidPackets: 0,
    rejectedPackets: 0,
    malformedRtcp: 0,
  }
  for (const { stats } of tracks) {
    sums.packets += stats.packets
    sums.bytes += stats.bytes
    sums.lostPackets += stats.lostPackets
    sums.invalidPackets += stats.invalidPackets
    sums.rejectedPackets += stats.rejectedPackets
    sums.malformedRtcp += stats.malformedRtcp
  }
  return { ...sums, lastMediaAt: lastMediaAtOf(tracks) }
}

/**
 * Returns whether a track of audio or video is received of which nothing has arrived, no sender report either. Other tracks,
 * such as those of events, may be silent for long.
 */
export function isSilent(tracks: readonly RtspClientTrack[]): boolean {
  const received = tracks.filter((each) => each.isSetUp && each.direction === 'receive')
  const isHeard = received.some(
    (each) => each.stats.packets > 0 || each.unixTimeMsAt(0) !== undefined,
  )
  return !isHeard && received.some(({ kind }) => kind === 'video' || kind === 'audio')
}

/**
 * Returns the arrival of the last packet of a video track, or of any track without video, in milliseconds of the
 * client's clock. `undefined` if none has arrived. Sound alone does not show that a camera still works.
 */
function lastMediaAtOf(tracks: readonly RtspClientTrack[]): number | undefined {
  const playing = tracks.filter(({ isSetUp }) => isSetUp)
  const video = playing.filter(({ kind }) => kind === 'video')
  let last: number | undefined
  for (const { stats } of video.length > 0 ? video : playing) {
    const { lastPacketAt } = stats
    if (lastPacketAt !== undefined) last = Math.max(last ?? lastPacketAt, lastPacketAt)
  }
  return last
}
