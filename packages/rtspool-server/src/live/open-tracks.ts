import type { TrackInfo } from 'rtspool'
import { AudioTrack } from './audio-track.js'
import { audioCoding } from './codec/audio-format.js'
import type { LiveTrack } from './live-track.js'
import { VideoTrack } from './video-track.js'

/** A track that no browser can play. */
export interface UnplayableTrack {
  readonly kind: string
  /** Encoding in the session description; `undefined` if the description gives none. */
  readonly encoding: string | undefined
}

/** Tracks of a media that are sent to browsers: at most one of video and one of audio. */
export interface OpenTracks {
  readonly tracks: readonly LiveTrack[]
  readonly unplayable: readonly UnplayableTrack[]
}

/** Chooses the first video track and the first audio track of a media that browsers can play. */
export function openTracks(infos: readonly TrackInfo[]): OpenTracks {
  const tracks: LiveTrack[] = []
  const unplayable: UnplayableTrack[] = []
  const chosen = new Set<string>()
  for (const info of infos) {
    const { kind } = info.description
    if (kind !== 'video' && kind !== 'audio') continue
    const track = openTrack(info, tracks.length)
    if (!track) unplayable.push({ kind, encoding: rtpmapOf(info)?.encoding })
    else if (!chosen.has(kind)) tracks.push(track)
    if (track) chosen.add(kind)
  }
  return { tracks, unplayable }
}

const rtpmapOf = ({ description }: TrackInfo) => description.rtpmap(payloadTypeOf(description))

const payloadTypeOf = ({ payloadTypes }: TrackInfo['description']): number => payloadTypes[0] ?? -1

function openTrack(info: TrackInfo, id: number): LiveTrack | undefined {
  const rtpmap = rtpmapOf(info)
  const encoding = rtpmap?.encoding.toUpperCase() ?? ''
  if (encoding === 'H264' || encoding === 'H265') return new VideoTrack(info, id, encoding)
  const { description, clockRate } = info
  const parameters = description.fmtp(payloadTypeOf(description)) ?? ''
  const channels = rtpmap?.channels ?? 1
  const coding = audioCoding({ encoding, clockRate, channels, parameters })
  return coding && new AudioTrack(info, id, coding)
}
