import { RequestError } from '../../errors.js'
import { depthOf, mountPublication } from '../../media/mount-points.js'
import { Publication, publicationAt } from '../../media/streams/publication.js'
import { PublishedPath, publishedPathOf } from '../../media/streams/published-path.js'
import type { TrackKeys } from '../../media/streams/stream-security.js'
import { parseContentType, type RtspRequest } from '../../rtsp/index.js'
import { parseSdp, type SessionDescription } from '../../sdp/index.js'
import { announcedKeys, keyMgmtHeaders } from '../key-mgmt/srtp-announce.js'
import type { AnnounceHook } from '../path-hooks.js'
import { playMethods } from '../request/methods.js'
import { type Handler, ok, type Reply, type RequestContext } from '../request/request-context.js'
import { requireValid } from '../request/session-validity.js'
import { type RequestTarget, requireTarget } from '../request/target.js'
import { mayTakeOver } from '../sources/publisher-takeover.js'
import { pathContextOf } from '../sources/unknown-path.js'

/**
 * Maximum number of segments in a path to publish to; a longer path is refused. Each number of
 * segments that mounted paths have costs every request one look-up.
 */
const maxDepth = 64

/**
 * Handles ANNOUNCE, with which a client describes the presentation that it is going to record (RFC
 * 2326 section 10.3).
 */
export const handleAnnounce: Handler = (context) => {
  const { server } = context
  const target = requireTarget(context.target)
  const { path } = target
  if (!server.mounts.isPublishAllowed(path)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', `publishing to ${path} is not allowed`, {
      context: { allow: playMethods },
    })
  }
  // A publication would hide the recording at the path.
  if (server.mounts.match(path)?.factory.options.onvifReplay) throw pathInUse(path)
  if (depthOf(path) > maxDepth) {
    throw new RequestError('ERR_FORBIDDEN', `expected a path of at most ${maxDepth} segments`)
  }
  const { onAnnounce } = server
  const description = descriptionOf(context.request)
  return onAnnounce
    ? askAndAnnounce(context, target, description, onAnnounce)
    : announce(context, target, description)
}

/** Calls the hook `onAnnounce`, and announces the publication unless the hook refuses it. */
async function askAndAnnounce(
  context: RequestContext,
  target: RequestTarget,
  description: SessionDescription,
  ask: AnnounceHook,
): Promise<Reply> {
  await ask(pathContextOf(context, target))
  try {
    requireValid(context)
    return announce(context, target, description)
  } catch (error) {
    context.server.announceEnded(target.path)
    throw error
  }
}

function announce(
  context: RequestContext,
  target: RequestTarget,
  description: SessionDescription,
): Reply {
  const { server, connection } = context
  const { path } = target
  const other = otherPublication(context, path)
  const keys = announcedKeys(context, description)
  const { announcements } = server
  const before = connection.publication
  const leaving = [before, other].filter((each) => each !== undefined)
  const leftMs = announcements.admit(connection, leaving)
  before?.end()
  other?.giveWay()
  const place = placeAt(context, path)
  connection.publication = publish(context, place, target, description, keys, leftMs)
  return { ...ok, headers: keyMgmtHeaders(context, description, keys) }
}

/**
 * Returns the publication of another client at the path, if the client may replace it. An
 * announcement of the same client is not returned: it may always be replaced.
 *
 * @throws {RequestError} `ERR_FORBIDDEN` if the client may not replace the publication.
 */
function otherPublication(context: RequestContext, path: string): Publication | undefined {
  const factory = context.server.mounts.get(path)
  if (!factory || context.connection.publication?.path === path) return undefined
  const place = publishedPathOf(factory)
  if (!place) throw pathInUse(path)
  const publication = publicationAt(place)
  // Viewers may wait there for the next publisher.
  if (!publication || mayTakeOver(context, publication)) return publication
  throw pathInUse(path)
}

/**
 * Returns the path for a new publication: the one at which viewers wait for a publisher, or a new
 * one.
 *
 * @throws {RequestError} `ERR_FORBIDDEN` if an event listener of the application has mounted
 *   something there when the replaced publication ended.
 */
function placeAt({ server }: RequestContext, path: string): PublishedPath {
  const { mounts, clock, cacheBudget } = server
  const factory = mounts.get(path)
  const place = factory && publishedPathOf(factory)
  if (factory && (!place || place.occupant)) throw pathInUse(path)
  return (
    place ??
    new PublishedPath({
      path,
      clock,
      openCache: () => cacheBudget.openShare(),
      mount: (mounted) => mountPublication(mounts, path, mounted),
      unmount: (mounted) => {
        if (mounts.get(path) === mounted) mounts.remove(path)
      },
    })
  )
}

const pathInUse = (path: string): RequestError =>
  new RequestError('ERR_FORBIDDEN', `${path} is in use`)

function descriptionOf({ headers, body }: RtspRequest): SessionDescription {
  const type = parseContentType(headers.get('Content-Type'))
  if (type !== 'application/sdp') {
    throw new RequestError(
      type === undefined ? 'ERR_SDP' : 'ERR_UNSUPPORTED_MEDIA_TYPE',
      `expected a body of type application/sdp, got ${type ?? 'no Content-Type'}`,
    )
  }
  const description = parseSdp(body)
  if (description.media.length > 0) return description
  throw new RequestError('ERR_SDP', 'expected at least one m= line, got none')
}

function publish(
  { server, connection, claimant }: RequestContext,
  place: PublishedPath,
  { path, presentation }: RequestTarget,
  description: SessionDescription,
  keys: ReadonlyMap<number, TrackKeys>,
  setupTimeoutMs: number,
): Publication {
  const { mounts, announcements, clock, gopCache, multicast, timeline } = server
  const publication = new Publication({
    place,
    settings: {
      gopCache,
      multicast,
      timeline: mounts.publishOptionsOf(path).timeline ?? timeline,
      graceSeconds: server.publisherGraceMs / 1000,
      slate: server.publisherSlate,
    },
    presentation,
    owner: { address: claimant.address, user: claimant.user },
    description,
    keys,
    clock,
    // Before SETUP there is no session that could end it.
    setupTimeoutMs,
    onStarted: server.publicationStarted,
    onEnded: (ended) => {
      announcements.ended(connection, ended)
      if (connection.publication === ended) connection.publication = undefined
      if (ended.media) server.publicationEnded(ended)
      else server.announceEnded(path)
    },
  })
  announcements.note(connection, publication)
  return publication
}
