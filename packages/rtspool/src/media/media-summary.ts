import type { MediaInfo, MediaSummary, TrackSummary } from '../public/media.js'
import type { TrackInfo } from '../public/track.js'

/** Returns a snapshot of the public values of a media and of its tracks. */
export function mediaSummaryOf(media: MediaInfo): MediaSummary {
  return {
    publicId: media.publicId,
    path: media.path,
    state: media.state,
    durationSeconds: media.durationSeconds,
    participantCount: media.participantCount,
    createdTime: media.createdTime,
    startedTime: media.startedTime,
    awaySince: media.awaySince,
    tracks: media.tracks.map(trackSummaryOf),
  }
}

function trackSummaryOf(track: TrackInfo): TrackSummary {
  const { description } = track
  const [payloadType] = description.payloadTypes
  return {
    index: track.index,
    kind: description.kind,
    encoding: payloadType === undefined ? undefined : description.rtpmap(payloadType)?.encoding,
    clockRate: track.clockRate,
    ssrc: track.ssrc,
    packetCount: track.packetCount,
    octetCount: track.octetCount,
    invalidPackets: track.invalidPackets,
    unlistedPackets: track.unlistedPackets,
    readerCount: track.readerCount,
  }
}
