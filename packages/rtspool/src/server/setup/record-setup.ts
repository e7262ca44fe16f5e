import { RequestError } from '../../errors.js'
import type { Publication } from '../../media/streams/publication.js'
import { RecordStream } from '../../media/streams/record-stream.js'
import { announceSilence } from '../../media/streams/silent-track.js'
import type { TrackKeys } from '../../media/streams/stream-security.js'
import type { Session, SessionInit } from '../../session-pool/index.js'
import { keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { recordSecurity } from '../key-mgmt/srtp-setup.js'
import type { RequestContext } from '../request/request-context.js'
import { isPublication } from '../request/session-presentation.js'
import { trackNotFound } from '../request/target.js'
import { openStream } from './open-stream.js'
import type {
  OpenedStream,
  SetupRequest,
  StreamKind,
  StreamPlan,
  StreamSetup,
} from './stream-plan.js'
import { chooseTransport, requireUnicast, type UnicastTransport } from './transport-choice.js'
import { unicastLink } from './unicast-link.js'

/**
 * Plans a SETUP of a publisher, for a track of the publication that the session holds or that was
 * announced on the connection.
 *
 * @returns `undefined` for a SETUP that belongs to no publication.
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT`, `ERR_NOT_FOUND`, `ERR_AGGREGATE_NOT_ALLOWED`
 */
export function planRecord({
  context,
  target,
  transports,
  held,
}: SetupRequest): StreamPlan | undefined {
  const publication = held ? held.media : context.connection.publication
  if (!publication || !isPublication(publication)) return undefined
  const trackIndex = publication.trackIndexOf(target.full)
  if (trackIndex === undefined && !held) return undefined
  const transport = requireUnicast(chooseTransport(transports, 'RECORD', context))
  if (trackIndex === undefined) throw trackNotFound(target)
  if (!publication.takesTrack(trackIndex)) {
    throw new RequestError(
      'ERR_AGGREGATE_NOT_ALLOWED',
      'tracks can be added to a publication before its first RECORD only',
    )
  }
  const announced = publication.keysOf(trackIndex)
  const kind = new RecordSetup(context, publication, trackIndex, transport, announced)
  return {
    path: publication.path,
    action: 'publish',
    replaces: undefined,
    open: (init) => openRecord(context, publication, kind, init),
  }
}

async function openRecord(
  context: RequestContext,
  publication: Publication,
  kind: RecordSetup,
  init: SessionInit | undefined,
): Promise<OpenedStream> {
  if (publication.isEnded) {
    throw new RequestError('ERR_NOT_FOUND', `the announcement of ${publication.path} has ended`)
  }
  return openStream(context, publication.path, kind, init)
}

/** Opens a track that a publisher sends, over UDP or interleaved. */
class RecordSetup implements StreamKind {
  readonly presentation: Publication
  readonly trackIndex: number
  readonly #context: RequestContext
  readonly #transport: UnicastTransport
  readonly #announced: TrackKeys | undefined

  constructor(
    context: RequestContext,
    publication: Publication,
    trackIndex: number,
    transport: UnicastTransport,
    announced: TrackKeys | undefined,
  ) {
    this.#context = context
    this.presentation = publication
    this.trackIndex = trackIndex
    this.#transport = transport
    this.#announced = announced
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#transport.lowerTransport
  }

  open(session: Session): StreamSetup {
    const { server, connection, request } = this.#context
    const { presentation: publication, trackIndex: track, lowerTransport } = this
    const place = { path: publication.path, track, address: connection.remoteAddress }
    const security = recordSecurity(session, track, this.#transport, this.#announced)
    const link = unicastLink(connection, this.#transport, {
      path: publication.path,
      track,
      client: 'publisher',
      security,
      holder: session,
    })
    const keyMgmt = security && keyMgmtHeader(request.uri, security.sender, server.clock)
    // Over TCP the end of the connection shows that the publisher has gone, and rare packets are no
    // sign of a crash.
    const endWatch = lowerTransport === 'UDP' ? server.silence.watch(session) : undefined
    const stream = new RecordStream({
      clock: server.clock,
      link,
      counters: session.stats,
      onPacket: () => session.touch(),
      onMediaEnded: () => session.end('mediaEnded'),
      onSilent: () => announceSilence({ ...place, lowerTransport }),
      onReplaced: () => session.end('replaced'),
      onClosed: (closed) => {
        endWatch?.()
        publication.removeStream(closed)
      },
    })
    publication.addStream(stream, session)
    return { stream, answer: { ...link.answer, mode: 'RECORD' }, keyMgmt }
  }
}
