import { ClientError } from '../../errors.js'
import type { RtspClientTrack } from '../rtsp-client.js'

/** Default of the option `tracks`: returns `true` for audio and video that the server sends. */
const isMedia = ({ kind, direction }: RtspClientTrack): boolean =>
  direction === 'receive' && (kind === 'video' || kind === 'audio')

/** Returns whether a track is set up: it is that of the back channel, or `isWanted` selects it. */
export const wants = (
  track: RtspClientTrack,
  isWanted: (track: RtspClientTrack) => boolean = isMedia,
  backChannel?: RtspClientTrack,
): boolean => track === backChannel || isWanted(track)

/**
 * Returns the tracks to set up: those that `isWanted` selects, and that of the back channel.
 *
 * @throws {ClientError} `ERR_CLIENT_NO_TRACKS` if there is none.
 */
export function wantedOf<Track extends RtspClientTrack>(
  tracks: readonly Track[],
  isWanted?: (track: RtspClientTrack) => boolean,
  backChannel?: RtspClientTrack,
): readonly Track[] {
  const wanted = tracks.filter((track) => wants(track, isWanted, backChannel))
  if (wanted.length > 0) return wanted
  throw new ClientError('ERR_CLIENT_NO_TRACKS', 'the server describes no track that is wanted')
}
