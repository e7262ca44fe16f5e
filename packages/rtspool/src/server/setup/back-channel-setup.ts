import type { BackChannel } from '../../media/back-channel.js'
import type { Media } from '../../media/media.js'
import { RecordStream } from '../../media/streams/record-stream.js'
import { parseRequire } from '../../rtsp/index.js'
import type { Session, SessionMedia } from '../../session-pool/index.js'
import { keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { recordSecurity } from '../key-mgmt/srtp-setup.js'
import { backChannelTag } from '../request/back-channel-tag.js'
import { replayTag } from '../request/replay-tag.js'
import type { RequestContext } from '../request/request-context.js'
import {
  type Presentation,
  recordStreamOf,
  recordStreamsOf,
} from '../request/session-presentation.js'
import { parseTarget } from '../request/target.js'
import type { StreamKind, StreamSetup } from './stream-plan.js'
import type { UnicastTransport } from './transport-choice.js'
import { unicastLink } from './unicast-link.js'

/**
 * Returns the features in Require that the server does not support. The back channel and replay are supported if the
 * options of the requested mount allow them.
 */
export function unsupportedFeatures({
  request,
  server,
}: Pick<RequestContext, 'request' | 'server'>): readonly string[] {
  const required = parseRequire(request.headers)
  if (required.length === 0) return required
  const path = parseTarget(request.uri)?.path
  const options = path === undefined ? undefined : server.mounts.match(path)?.factory.options
  return required.filter(
    (tag) =>
      !(tag === backChannelTag && options?.backChannel) &&
      !(tag === replayTag && options?.onvifReplay),
  )
}

/** Starts to pass packets of the session's back channels to the application; called by PLAY. */
export function openBackChannels(held: SessionMedia<Presentation>): void {
  for (const stream of recordStreamsOf(held).values()) stream.speak()
}

/** Opens the back channel of a media: a track that a viewer sends. */
export class BackChannelSetup implements StreamKind {
  readonly presentation: Media
  readonly #context: RequestContext
  readonly #backChannel: BackChannel
  readonly #transport: UnicastTransport

  constructor(
    context: RequestContext,
    media: Media,
    backChannel: BackChannel,
    transport: UnicastTransport,
  ) {
    this.#context = context
    this.presentation = media
    this.#backChannel = backChannel
    this.#transport = transport
  }

  /** Index of the back channel in the description: after all other tracks. */
  get trackIndex(): number {
    return this.presentation.tracks.length
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#transport.lowerTransport
  }

  open(session: Session): StreamSetup {
    const { server, connection, claimant, request } = this.#context
    const { presentation: media, trackIndex: track } = this
    const { path } = media
    const before = recordStreamOf(session, track)
    const { publicId } = session
    const security = recordSecurity(session, track, this.#transport)
    // A client that sets up its back channel again keeps its place.
    const place =
      before?.place ??
      this.#backChannel.open({
        ...{ path, address: connection.remoteAddress, user: claimant.user, publicId },
      })
    try {
      const link = unicastLink(connection, this.#transport, {
        ...{ path, track, client: 'viewer', security, holder: session },
      })
      const keyMgmt = security && keyMgmtHeader(request.uri, security.sender, server.clock)
      const stream = new RecordStream({
        ...{ clock: server.clock, link, place, counters: session.stats },
        onPacket: () => session.touch(),
        onMediaEnded: () => session.end(media.endReason),
        onClosed: (closed) => media.participants.leave(closed),
      })
      media.participants.join(stream)
      before?.leavePlace()
      return { stream, answer: { ...link.answer, mode: 'PLAY' }, keyMgmt }
    } catch (error) {
      if (!before?.place) place.close()
      throw error
    }
  }
}
