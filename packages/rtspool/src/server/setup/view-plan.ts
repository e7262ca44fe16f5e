import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { MediaLease } from '../../media/media-lease.js'
import { servesPath } from '../../media/mount-points.js'
import type { SessionInit } from '../../session-pool/index.js'
import { requireSame, viewedMediaOf } from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'
import { leaseMedia } from '../sources/lease-media.js'
import { openStream } from './open-stream.js'
import { replacedSession } from './replaced-session.js'
import { withSource } from './source-parameter.js'
import type { OpenedStream, RefusedStream, SetupRequest, StreamPlan } from './stream-plan.js'
import { type ChosenTransport, chooseTransport } from './transport-choice.js'
import { isBackChannel, viewKind } from './view-kind.js'

/**
 * Plans a SETUP of a viewer, for a track of a media or for its back channel.
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT`, `ERR_KEY_MANAGEMENT`, `ERR_NOT_FOUND` when
 *   nothing is mounted.
 */
export function planView(request: SetupRequest): StreamPlan {
  const { context, target, transports, held } = request
  const { mounts, multicast } = context.server
  const { path } = target
  const media = held && viewedMediaOf(held)
  const match = media ? undefined : mounts.match(path)
  const offered = media
    ? media.multicast?.pool
    : match && ((match.factory.options.multicast ?? multicast) || undefined)
  const transport = chooseTransport(transports, 'PLAY', context, offered)
  if (!media && !servesPath(match, path)) {
    throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
  }
  const replaces = transport.lowerTransport === 'TCP' ? replacedSession(context, target) : undefined
  return {
    path,
    action: 'read',
    replaces,
    open: (init) => openView(request, media, transport, init),
  }
}

async function openView(
  { context, target }: SetupRequest,
  media: Media | undefined,
  chosen: ChosenTransport,
  init: SessionInit | undefined,
): Promise<OpenedStream | RefusedStream> {
  const transport = await withSource(context, chosen)
  // The mount points may have changed while the request waited.
  const lease = media
    ? new MediaLease(media)
    : await leaseMedia(context, target, context.server.mounts.match(target.path))
  try {
    const speaks = isBackChannel(lease.media, target)
    const refusal = speaks ? await context.login?.talkRefusal() : undefined
    // Another connection may have set the session up meanwhile, or taken its media away.
    requireValid(context)
    if (refusal) return { refusal }
    const held = context.session && requireSame(context.session, target)
    const now = (held && viewedMediaOf(held)) ?? lease.media
    const kind = viewKind(context, now, target, transport, speaks || !context.login)
    // On another connection the session may have begun to play again meanwhile.
    const replaces = init?.replaces && replacedSession(context, target)
    const begun = init?.replaces === replaces ? init : { ...init, replaces }
    return openStream(context, target.path, kind, begun)
  } finally {
    lease.release()
  }
}
