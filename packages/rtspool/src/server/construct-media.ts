import { RequestError } from '../errors.js'
import type { Media } from '../media/media.js'
import type { RequestContext } from './request-context.js'
import type { RequestTarget } from './target.js'

/**
 * The media for a DESCRIBE or SETUP. One that is not shared is made by DESCRIBE and found again by the SETUP
 * that follows on the same connection.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` when nothing is mounted, `ERR_MEDIA_UNAVAILABLE` when the source fails.
 */
export async function constructMedia(
  { server, connection }: RequestContext,
  target: RequestTarget,
): Promise<Media> {
  const { path, query, presentation } = target
  const match = server.mounts.match(path)
  if (!match || (match.mountPath !== path && !match.factory.options.servesSubpaths)) {
    throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
  }
  const described = connection.described
  if (described?.presentation === presentation && described.media.state !== 'ended') {
    return described.media
  }
  const media = await match.factory.construct({ path, query }, server.clock)
  connection.described = { presentation, media }
  return media
}
