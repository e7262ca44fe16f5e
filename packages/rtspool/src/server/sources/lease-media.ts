import { RequestError } from '../../errors.js'
import { constructMedia, type MediaFactory } from '../../media/media-factory.js'
import type { MediaRequest } from '../../media/media-factory-options.js'
import { MediaLease, type MediaOrigin } from '../../media/media-lease.js'
import { type MountMatch, servesPath } from '../../media/mount-points.js'
import type { RequestContext, ServerContext } from '../request/request-context.js'
import type { RequestTarget } from '../request/target.js'
import { askUnknownPath, isUnknownPath } from './unknown-path.js'

/**
 * Returns the media for a DESCRIBE. A media that viewers do not share is kept alive for the SETUP
 * that follows on the same connection.
 *
 * @returns A lease to release when the media is described.
 * @throws {RequestError} `ERR_NOT_FOUND` when nothing is mounted, `ERR_MEDIA_UNAVAILABLE` when the
 * source fails.
 */
export async function mediaToDescribe(
  context: RequestContext,
  target: RequestTarget,
): Promise<MediaLease> {
  const { connection } = context
  if (isUnknownPath(context, target)) await askUnknownPath(context, target)
  const lease = await leaseMedia(context, target, context.server.mounts.match(target.path))
  const { media } = lease
  if (connection.described?.media === media) return lease
  const origin = lease.origin
  connection.described = origin && new MediaLease(media, origin)
  return lease
}

/**
 * Returns the media for a SETUP: the one that a DESCRIBE on the connection has kept, or one from
 * the factory.
 *
 * @param match - The mount point of the path, as it is now.
 * @returns A lease to release when a session holds the media, or when the request has failed.
 * @throws {RequestError} As {@link mediaToDescribe}.
 */
export async function leaseMedia(
  { server, connection, request: { headers } }: RequestContext,
  { path, query }: RequestTarget,
  match: MountMatch | undefined,
): Promise<MediaLease> {
  const userAgent = headers.get('user-agent')
  const { factory, request } = requestOf(match, path, query, userAgent)
  const { described } = connection
  const origin = factory.options.shared ? undefined : { factory, request }
  if (described?.isFor(factory, request)) return new MediaLease(described.media, origin)
  return leaseNew(server, factory, request)
}

/**
 * Returns the media for a reader inside the process.
 *
 * @param target - Decoded path, and after a `?` the query.
 * @returns A lease to release when the reader has joined the media.
 * @throws {RequestError} As {@link mediaToDescribe}.
 */
export async function leaseForReader(server: ServerContext, target: string): Promise<MediaLease> {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? undefined : target.slice(mark + 1)
  const { factory, request } = requestOf(server.mounts.match(path), path, query)
  return leaseNew(server, factory, request)
}

/**
 * Returns the mount point of a path, and the request to its factory.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` when nothing is mounted at the path.
 */
function requestOf(
  match: MountMatch | undefined,
  path: string,
  query: string | undefined,
  userAgent?: string,
): MediaOrigin {
  const request = { path, query, ...(userAgent !== undefined && { userAgent }) }
  if (servesPath(match, path)) return { factory: match.factory, request }
  throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
}

async function leaseNew(
  server: ServerContext,
  factory: MediaFactory,
  request: MediaRequest,
): Promise<MediaLease> {
  if (server.media.isClosed) throw new RequestError('ERR_SERVER_CLOSING', 'the server is closing')
  const { clock, multicast, cacheBudget } = server
  const openCache = () => cacheBudget.openShare()
  const media = await constructMedia(factory, request, { clock, multicast, openCache })
  server.media.note(media)
  // In the same turn: another request may be about to give this one back.
  const origin = factory.options.shared ? undefined : { factory, request }
  if (media.state !== 'ended') return new MediaLease(media, origin)
  throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the media of ${request.path} has just ended`)
}
