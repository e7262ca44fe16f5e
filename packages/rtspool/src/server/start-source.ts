import { RequestError } from '../errors.js'
import type { Media } from '../media/media.js'

/**
 * Starts the source of a media for a PLAY, unless it runs already.
 *
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` when it does not start; the media has then ended.
 */
export async function startSource(media: Media): Promise<void> {
  try {
    await media.play()
  } catch (error) {
    throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${media.path} did not start`, {
      cause: error,
    })
  }
  if (media.state !== 'ended') return
  throw new RequestError(
    'ERR_MEDIA_UNAVAILABLE',
    `the source of ${media.path} ended when it started`,
  )
}
