import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { Publication } from '../../media/streams/publication.js'
import { parseTransport, serializeTransport } from '../../rtsp/index.js'
import type { Session, SessionInit } from '../../session-pool/index.js'
import { type Handler, ok, type Reply, type RequestContext } from '../request/request-context.js'
import {
  isPublication,
  isSame,
  lowerTransportOf,
  type Presentation,
  presentationOf,
} from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'
import { type RequestTarget, requireTarget } from '../request/target.js'
import { backChannelIndexOf, setUpBackChannel } from '../setup/back-channel-setup.js'
import { multicastOf, setUpMulticastStream, withFreeGroup } from '../setup/multicast-setup.js'
import { setUpPlayStream } from '../setup/play-setup.js'
import { setUpRecordStream } from '../setup/record-setup.js'
import { replacedSession } from '../setup/replaced-session.js'
import { admit } from '../setup/session-admission.js'
import { noteUse } from '../setup/session-use.js'
import { withSource } from '../setup/source-parameter.js'
import type { StreamSetup } from '../setup/stream-setup.js'
import {
  type ChosenTransport,
  chooseTransport,
  isMulticast,
  requireUnicast,
} from '../setup/transport-choice.js'
import { constructMedia, factoryFor } from '../sources/construct-media.js'

/** A checked SETUP, before anything has been created for it. */
interface Plan {
  readonly presentation: Presentation
  readonly trackIndex: number
  /** Transport of the track, once there is a session. */
  readonly transport: ChosenTransport
}

/**
 * SETUP: fixes the transport of one track (RFC 2326 section 10.4). Checks that need no session come
 * first. A new client is admitted before a media is created for it. A refused SETUP leaves nothing
 * behind.
 */
export const handleSetup: Handler = async (context) => {
  const target = requireTarget(context.target)
  const transports = parseTransport(context.request.headers.get('Transport') ?? '')
  checkPath(context, target)
  const publication = publicationFor(context, target)
  const transport = publication
    ? chooseTransport(transports, 'RECORD', context)
    : chooseTransport(transports, 'PLAY', context, multicastOf(context, target))
  if (publication) return setUpRecord(context, publication, target, transport)
  const sourced = await withSource(context, transport)
  requireValid(context)
  checkPath(context, target)
  return setUpPlay(context, target, sourced)
}

async function setUpRecord(
  context: RequestContext,
  publication: Publication,
  target: RequestTarget,
  transport: ChosenTransport,
): Promise<Reply> {
  const plan = planRecord(publication, target, transport)
  const init = context.session ? undefined : await admit(context, publication.path, 'publish')
  if (publication.isEnded) {
    throw new RequestError('ERR_NOT_FOUND', `the announcement of ${publication.path} has ended`)
  }
  return carryOut(context, plan, publication.path, init)
}

async function setUpPlay(
  context: RequestContext,
  target: RequestTarget,
  transport: ChosenTransport,
): Promise<Reply> {
  const held = heldMedia(context)
  if (held) return carryOut(context, planPlay(held, target, transport), target.path)
  factoryFor(context.server.mounts, target.path)
  const replaced = replacedSession(context, transport)
  const init = context.session ? undefined : await admit(context, target.path, 'read', replaced)
  const hold = await constructMedia(context, target)
  try {
    requireValid(context)
    // Another connection may have set up the session meanwhile.
    checkPath(context, target)
    const media = heldMedia(context) ?? hold.media
    const plan = planPlay(media, target, transport)
    // Another connection may have started to play it again meanwhile.
    const replaces = replacedSession(context, transport)
    const begun = init && (init.replaces === replaces ? init : { ...init, replaces })
    return carryOut(context, plan, target.path, begun)
  } finally {
    hold.release()
  }
}

/** Returns the media that the session of a request plays; `undefined` if it records. */
function heldMedia({ session }: RequestContext): Media | undefined {
  const held = session && presentationOf(session)?.media
  return held && !isPublication(held) ? held : undefined
}

/** @param init - Settings of a new session; absent if the request has named one. */
function carryOut(context: RequestContext, plan: Plan, path: string, init?: SessionInit): Reply {
  checkTransport(context, plan)
  const session = context.session ?? context.server.sessions.create(init ?? {}, context.connection)
  try {
    const { answer, keyMgmt } = setUp(context, session, path, plan)
    const headers = [['Transport', serializeTransport(answer)] as const]
    return { ...ok, session, headers: keyMgmt ? [...headers, keyMgmt] : headers }
  } catch (error) {
    if (!context.session) session.end('removed')
    else releaseEmpty(session)
    throw error
  }
}

/** An empty presentation would block another one. */
function releaseEmpty(session: Session): void {
  const held = presentationOf(session)
  if (held?.transports.size === 0) session.releaseMedia(held)
}

/** Checks that one session has one presentation (RFC 2326 section 11.3.10). */
function checkPath({ session }: RequestContext, target: RequestTarget): void {
  const held = session && presentationOf(session)
  if (!held || isSame(held, target)) return
  throw new RequestError('ERR_AGGREGATE_NOT_ALLOWED', `the session holds ${held.path} already`)
}

/**
 * Returns the publication that a SETUP belongs to: announced on this connection, or held by the
 * session.
 */
function publicationFor(
  { connection, session }: RequestContext,
  target: RequestTarget,
): Publication | undefined {
  const held = session && presentationOf(session)
  if (held) return isPublication(held.media) ? held.media : undefined
  const announced = connection.publication
  return announced?.trackIndexOf(target.full) === undefined ? undefined : announced
}

function planRecord(
  publication: Publication,
  target: RequestTarget,
  transport: ChosenTransport,
): Plan {
  const trackIndex = publication.trackIndexOf(target.full)
  if (trackIndex === undefined) throw trackNotFound(target)
  if (!publication.takesTrack(trackIndex)) {
    throw new RequestError(
      'ERR_AGGREGATE_NOT_ALLOWED',
      'tracks can be added to a publication before its first RECORD only',
    )
  }
  return { presentation: publication, trackIndex, transport }
}

function planPlay(media: Media, target: RequestTarget, transport: ChosenTransport): Plan {
  // FFmpeg omits the control if the description has only one track.
  const trackIndex = target.trackIndex ?? (media.tracks.length === 1 ? 0 : undefined)
  const isBackChannel = trackIndex !== undefined && trackIndex === backChannelIndexOf(media)
  if (isBackChannel) return { presentation: media, trackIndex, transport }
  if (trackIndex === undefined || !media.tracks[trackIndex]) throw trackNotFound(target)
  return {
    presentation: media,
    trackIndex,
    transport: withFreeGroup(media, trackIndex, transport),
  }
}

/** Messages omit the query, because it may be a token. */
function trackNotFound({ path, trackIndex }: RequestTarget): RequestError {
  const got = `${path}, track ${trackIndex ?? 'none'}`
  return new RequestError('ERR_NOT_FOUND', `expected the control URI of a track, got ${got}`)
}

/**
 * Checks that all tracks of a session use the same transport, and if interleaved the same
 * connection.
 */
function checkTransport({ session, connection }: RequestContext, plan: Plan): void {
  const others = session ? [...(presentationOf(session)?.transports ?? [])] : []
  const bound = session?.owner?.connection
  const isMixed =
    (bound !== undefined && bound !== connection) ||
    others.some(
      ([index, stream]) =>
        index !== plan.trackIndex && lowerTransportOf(stream) !== plan.transport.lowerTransport,
    )
  if (!isMixed) return
  throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'one session has one lower transport')
}

function setUp(context: RequestContext, session: Session, path: string, plan: Plan): StreamSetup {
  const { connection } = context
  const { presentation, trackIndex, transport } = plan
  const held = presentationOf(session) ?? session.manageMedia(path, presentation)
  const stream = setUpStream(context, session, plan)
  // The track's previous transport is closed only now, so that one always works.
  held.setTransport(trackIndex, stream.stream)
  noteUse(context, session, isPublication(presentation) ? 'publish' : 'read', stream.answer)
  session.bindConnection(transport.lowerTransport === 'TCP' ? connection : undefined)
  context.server.sessions.noteSetUp(session, isPublication(presentation))
  // From now on the session holds the announced or described presentation, not the connection.
  if (connection.publication === presentation) {
    connection.publication = undefined
    context.server.announcements.settled(connection)
  }
  if (connection.described?.media === presentation) connection.described = undefined
  if (session.state === 'Init') session.state = 'Ready'
  return stream
}

function setUpStream(
  context: RequestContext,
  session: Session,
  { presentation, trackIndex, transport }: Plan,
): StreamSetup {
  if (isPublication(presentation)) {
    return setUpRecordStream(context, session, presentation, trackIndex, requireUnicast(transport))
  }
  if (trackIndex === backChannelIndexOf(presentation)) {
    return setUpBackChannel(context, session, presentation, transport)
  }
  return isMulticast(transport)
    ? setUpMulticastStream(context, session, presentation, trackIndex, transport)
    : setUpPlayStream(context, session, presentation, trackIndex, transport)
}
