import { RequestError } from '../../errors.js'
import type { Session, SessionInit } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import { isPublication, lowerTransportOf, presentationOf } from '../request/session-presentation.js'
import { noteUse } from './session-use.js'
import type { OpenedStream, StreamKind } from './stream-plan.js'

/**
 * Opens a stream of a presentation for the session of a request. If the request names no session,
 * creates one.
 *
 * @param path - Path of the presentation.
 * @param init - Properties of a new session.
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT`, and what {@link StreamKind.open} throws. A
 *   new session has then ended.
 */
export function openStream(
  context: RequestContext,
  path: string,
  kind: StreamKind,
  init?: SessionInit,
): OpenedStream {
  const { server, connection, isPeer = false } = context
  checkTransport(context, kind)
  const session = context.session ?? server.sessions.create(init ?? {}, connection, isPeer)
  if (!context.session) context.login?.onSession?.(session)
  try {
    const held = presentationOf(session) ?? session.manageMedia(path, kind.presentation)
    const opened = kind.open(session)
    // A transport that the track had before is closed only now: there is always one that works.
    held.setTransport(kind.trackIndex, opened.stream)
    noteUse(context, session, isPublication(kind.presentation) ? 'publish' : 'read', opened.answer)
    session.bindConnection(kind.lowerTransport === 'TCP' ? connection : undefined)
    server.sessions.noteSetUp(session, isPublication(kind.presentation))
    // From now on the session keeps what was announced or described, and not the connection.
    if (connection.publication === kind.presentation) {
      connection.publication = undefined
      server.announcements.settled(connection)
    }
    if (connection.described?.media === kind.presentation) connection.described = undefined
    if (session.state === 'Init') session.state = 'Ready'
    return { ...opened, session }
  } catch (error) {
    if (!context.session) session.end('removed')
    else releaseEmpty(session)
    throw error
  }
}

/**
 * Releases the presentation of a session if it has no stream, because it would prevent a SETUP of
 * another presentation.
 */
function releaseEmpty(session: Session): void {
  const held = presentationOf(session)
  if (held?.transports.size === 0) session.releaseMedia(held)
}

/**
 * Checks that all tracks of the session use the same lower transport. If they are interleaved, they
 * must also use the same connection.
 */
function checkTransport({ session, connection }: RequestContext, kind: StreamKind): void {
  const others = session ? [...(presentationOf(session)?.transports ?? [])] : []
  const bound = session?.owner?.connection
  const isMixed =
    (bound !== undefined && bound !== connection) ||
    others.some(
      ([index, stream]) =>
        index !== kind.trackIndex && lowerTransportOf(stream) !== kind.lowerTransport,
    )
  if (!isMixed) return
  throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'one session has one lower transport')
}
