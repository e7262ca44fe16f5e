import { RequestError } from '../../errors.js'
import type { Publication } from '../../media/publication.js'
import { parseTransport, serializeTransport } from '../../rtsp/index.js'
import type { Session } from '../../session/index.js'
import { constructMedia } from '../construct-media.js'
import { type Handler, ok, type RequestContext } from '../request-context.js'
import {
  isPublication,
  isSame,
  lowerTransportOf,
  type Presentation,
  presentationOf,
} from '../session-presentation.js'
import { type StreamSetup, setUpPlayStream, setUpRecordStream } from '../stream-setup.js'
import { type RequestTarget, requireTarget } from '../target.js'
import { type ChosenTransport, chooseTransport } from '../transport-choice.js'

/** What a SETUP is about, before anything has been made for it. */
interface Plan {
  readonly presentation: Presentation
  /** Path and query that name the presentation in its session. */
  readonly path: string
  readonly trackIndex: number
  /** How the track is to be carried, once there is a session. */
  readonly transport: ChosenTransport
}

/**
 * SETUP: how one track travels (RFC 2326 section 10.4). Everything that can fail without a session is looked at
 * first, so that a refused SETUP leaves nothing behind.
 */
export const handleSetup: Handler = async (context) => {
  const target = requireTarget(context.target)
  const transports = parseTransport(context.request.headers.get('Transport') ?? '')
  const publication = publicationFor(context, target)
  const mode = publication ? 'RECORD' : 'PLAY'
  const transport = chooseTransport(transports, mode, context)
  const plan = publication
    ? planRecord(publication, target, transport)
    : await planPlay(context, target, transport)
  checkSession(context, plan)
  const session = context.session ?? createSession(context)
  try {
    const stream = setUp(context, session, plan)
    return {
      ...ok,
      session,
      headers: [['Transport', serializeTransport(stream.answer)]],
    }
  } catch (error) {
    if (!context.session) session.end('removed')
    throw error
  }
}

/** The publication that a SETUP belongs to: announced on this connection, or held by the session. */
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
  return { presentation: publication, path: publication.presentation, trackIndex, transport }
}

async function planPlay(
  context: RequestContext,
  target: RequestTarget,
  transport: ChosenTransport,
): Promise<Plan> {
  const media = await constructMedia(context, target)
  // FFmpeg leaves the control out where the description has one track only.
  const trackIndex = target.trackIndex ?? (media.tracks.length === 1 ? 0 : undefined)
  if (trackIndex === undefined || !media.tracks[trackIndex]) throw trackNotFound(target)
  return { presentation: media, path: target.presentation, trackIndex, transport }
}

function trackNotFound({ full }: RequestTarget): RequestError {
  return new RequestError('ERR_NOT_FOUND', `expected the control URI of a track, got ${full}`)
}

/** What an existing session must agree to. */
function checkSession({ session, target }: RequestContext, plan: Plan): void {
  const held = session && presentationOf(session)
  if (!held || !target) return
  if (!isSame(held, target) || held.media !== plan.presentation) {
    // RFC 2326 section 11.3.10
    throw new RequestError('ERR_AGGREGATE_NOT_ALLOWED', `the session holds ${held.path} already`)
  }
  for (const [index, stream] of held.transports) {
    if (index !== plan.trackIndex && lowerTransportOf(stream) !== plan.transport.lowerTransport) {
      throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'one session has one lower transport')
    }
  }
}

function createSession({ server, connection, claimant }: RequestContext): Session {
  const { address, user } = claimant
  const session = server.pool.create({ owner: { address, user } })
  connection.sessions.add(session)
  return session
}

function setUp(context: RequestContext, session: Session, plan: Plan): StreamSetup {
  const held = presentationOf(session) ?? session.manageMedia(plan.path, plan.presentation)
  const stream = isPublication(plan.presentation)
    ? setUpRecordStream(context, session, plan.presentation, plan.transport)
    : setUpPlayStream(context, session, plan.presentation, plan.trackIndex, plan.transport)
  // A transport that the track had before is closed only now: there is always one that works.
  held.setTransport(plan.trackIndex, stream.stream)
  if (plan.transport.lowerTransport === 'TCP') session.bindConnection(context.connection)
  if (isPublication(plan.presentation) && context.connection.publication === plan.presentation) {
    // From now on the session keeps the publication alive, not the connection.
    context.connection.publication = undefined
  }
  if (session.state === 'Init') session.state = 'Ready'
  return stream
}
