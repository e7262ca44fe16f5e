import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { Track } from '../../media/track/track.js'
import type { RequestContext } from '../request/request-context.js'
import { type RequestTarget, trackNotFound } from '../request/target.js'
import { BackChannelSetup } from './back-channel-setup.js'
import { MulticastSetup, noGroup } from './multicast-setup.js'
import { PlaySetup } from './play-setup.js'
import type { StreamKind } from './stream-plan.js'
import { type ChosenTransport, isMulticast } from './transport-choice.js'

/**
 * Chooses the kind of stream for a track that a viewer sets up: unicast, a multicast group, or the back channel
 * (sound from the viewer). The track and the transport that was chosen from the client's offers decide.
 *
 * @param mayTalk - True if the client may speak over the back channel.
 * @throws {RequestError} `ERR_NOT_FOUND` without such a track. `ERR_FORBIDDEN` for a back channel that the user may
 *   not speak over. `ERR_UNSUPPORTED_TRANSPORT` when no group is free and the client has no other transport.
 */
export function viewKind(
  context: RequestContext,
  media: Media,
  target: RequestTarget,
  transport: ChosenTransport,
  mayTalk: boolean,
): StreamKind {
  const { tracks, backChannel } = media
  if (backChannel && isBackChannel(media, target)) {
    if (!mayTalk) {
      throw new RequestError('ERR_FORBIDDEN', 'the user may not speak over the back channel')
    }
    if (!isMulticast(transport)) return new BackChannelSetup(context, media, backChannel, transport)
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'the back channel is unicast')
  }
  // FFmpeg leaves the control out where the description has one track only.
  const trackIndex = target.trackIndex ?? (tracks.length === 1 ? 0 : undefined)
  const track = trackIndex === undefined ? undefined : tracks[trackIndex]
  if (!track) throw trackNotFound(target)
  return playKind(context, media, track, transport)
}

/**
 * Returns whether a request URI names the back channel of a media. The index of the back channel is
 * the one after all tracks.
 */
export const isBackChannel = (media: Media, target: RequestTarget): boolean =>
  media.backChannel !== undefined && target.trackIndex === media.tracks.length

/**
 * Returns the kind of stream for the first of the client's transports that can be used: a multicast group only if one
 * is free.
 */
function playKind(
  context: RequestContext,
  media: Media,
  track: Track,
  transport: ChosenTransport,
): StreamKind {
  if (!isMulticast(transport)) return new PlaySetup(context, media, track, transport)
  const group = media.multicast?.streamOf(track, transport.carrier)
  if (group?.place) return new MulticastSetup(context, media, group)
  if (transport.otherwise) return playKind(context, media, track, transport.otherwise)
  throw noGroup()
}
