import { RequestError } from '../errors.js'
import type { Media } from '../media/media.js'
import type { MediaFactory } from '../media/media-factory.js'
import type { MountPoints } from '../media/mount-points.js'
import { DescribedMedia } from './described-media.js'
import type { RequestContext } from './request-context.js'
import type { RequestTarget } from './target.js'

/**
 * The media for a DESCRIBE. One that is not shared is kept for the SETUP that follows on the same connection.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` when nothing is mounted, `ERR_MEDIA_UNAVAILABLE` when the source fails.
 */
export async function describeMedia(
  context: RequestContext,
  target: RequestTarget,
): Promise<Media> {
  const { server, connection } = context
  const factory = factoryFor(server.mounts, target.path)
  const media = await construct(context, factory, target)
  if (connection.described?.media !== media) {
    connection.described = factory.options.shared
      ? undefined
      : new DescribedMedia(media, factory, target)
  }
  return media
}

/**
 * The media for the first SETUP of a session: what DESCRIBE kept, or another one.
 *
 * @throws {RequestError} As {@link describeMedia}.
 */
export function constructMedia(context: RequestContext, target: RequestTarget): Promise<Media> {
  return construct(context, factoryFor(context.server.mounts, target.path), target)
}

async function construct(
  { server, connection }: RequestContext,
  factory: MediaFactory,
  { path, query }: RequestTarget,
): Promise<Media> {
  const { described } = connection
  if (described?.isFor(factory, { path, query })) return described.media
  const media = await factory.construct({ path, query }, server.clock)
  if (media.state !== 'ended') return media
  throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the media of ${path} has just ended`)
}

function factoryFor(mounts: MountPoints, path: string): MediaFactory {
  const match = mounts.match(path)
  if (match && (match.mountPath === path || match.factory.options.servesSubpaths)) {
    return match.factory
  }
  throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
}
