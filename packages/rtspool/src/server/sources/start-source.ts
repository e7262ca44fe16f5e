import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { RequestContext } from '../request/request-context.js'
import { requireWanted } from '../request/session-validity.js'

/**
 * Starts the source of a media for a PLAY, unless it has been started.
 *
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` if the source does not start; the media has then
 *   ended. `ERR_SESSION_NOT_FOUND` if the session has ended meanwhile.
 */
export async function startSource(context: RequestContext, media: Media): Promise<void> {
  try {
    await media.play()
  } catch (error) {
    requireWanted(context)
    throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${media.path} did not start`, {
      cause: error,
    })
  }
  if (media.state !== 'ended') return
  requireWanted(context)
  throw new RequestError(
    'ERR_MEDIA_UNAVAILABLE',
    `the source of ${media.path} ended when it started`,
  )
}
