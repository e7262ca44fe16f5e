import type { TrackInfo } from 'rtspool'
import { encodingOf, trackCoding } from '../codec/track-coding.js'
import { AudioTrack } from './audio-track.js'
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
    if (!track) unplayable.push({ kind, encoding: encodingOf(info) })
    else if (!chosen.has(kind)) tracks.push(track)
    if (track) chosen.add(kind)
  }
  return { tracks, unplayable }
}

function openTrack(info: TrackInfo, id: number): LiveTrack | undefined {
  const chosen = trackCoding(info)
  if (chosen?.kind === 'video') return new VideoTrack(info, id, chosen.coding)
  return chosen && new AudioTrack(info, id, chosen.coding)
}
