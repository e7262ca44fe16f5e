import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { MediaFactory } from '../../media/media-factory.js'
import type { MountPoints } from '../../media/mount-points.js'
import type { RequestContext } from '../request/request-context.js'
import type { RequestTarget } from '../request/target.js'
import { DescribedMedia } from './described-media.js'
import { MediaHold } from './media-hold.js'

/**
 * Returns the media for a DESCRIBE. A media that is not shared is kept for the SETUP that follows
 * on the same connection.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` if nothing is mounted, `ERR_MEDIA_UNAVAILABLE` if the
 *   source fails.
 */
export async function describeMedia(
  context: RequestContext,
  target: RequestTarget,
): Promise<Media> {
  const { server, connection } = context
  const factory = factoryFor(server.mounts, target.path)
  const hold = await construct(context, factory, target)
  const { media } = hold
  if (connection.described?.media !== media) {
    connection.described = factory.options.shared
      ? undefined
      : new DescribedMedia(media, factory, target)
  }
  hold.noteDescribed()
  hold.release()
  return media
}

/**
 * Returns the media for the first SETUP of a session: the one kept by DESCRIBE, or another one. The
 * caller releases it when the session holds it, or after a failure.
 *
 * @throws {RequestError} As {@link describeMedia}.
 */
export function constructMedia(context: RequestContext, target: RequestTarget): Promise<MediaHold> {
  return construct(context, factoryFor(context.server.mounts, target.path), target)
}

async function construct(
  { server, connection }: RequestContext,
  factory: MediaFactory,
  { path, query }: RequestTarget,
): Promise<MediaHold> {
  const { described } = connection
  if (described?.isFor(factory, { path, query })) return new MediaHold(described.media)
  server.media.requireOpen()
  const media = await factory.construct({ path, query }, server.clock, server.multicast, () =>
    server.cacheBudget.openShare(),
  )
  server.media.note(media)
  // In the same turn, because another request may be about to release this media.
  if (media.state !== 'ended') return new MediaHold(media)
  throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the media of ${path} has just ended`)
}

/**
 * Returns the factory that serves a path.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` if nothing is mounted.
 */
export function factoryFor(mounts: MountPoints, path: string): MediaFactory {
  const match = mounts.match(path)
  if (match && (match.mountPath === path || match.factory.options.servesSubpaths)) {
    return match.factory
  }
  throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
}
