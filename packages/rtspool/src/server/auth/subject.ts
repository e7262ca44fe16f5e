import { isSameHost } from '../../host-of.js'
import { parseSessionHeader } from '../../rtsp/index.js'
import type { Session, SessionMedia } from '../../session-pool/index.js'
import type { UnauthorizedRequest } from '../request/request-context.js'
import {
  isPublication,
  isSame,
  type Presentation,
  presentationOf,
} from '../request/session-presentation.js'
import type { AccessAction, AccessContext } from './rules.js'

/** Path and actions of a request, to which the access rules are applied. */
export interface RequestSubject {
  /** Decoded path to which the access rules are applied; `undefined` for `*`. */
  readonly path: string | undefined
  /** Actions that the request may be; permission for one of them is enough. */
  readonly actions: readonly AccessAction[]
}

/**
 * Actions for which a request needs permission, by method. A method that is missing needs permission for any one of
 * the actions.
 */
const actionsOf: Readonly<Record<string, readonly AccessAction[]>> = Object.freeze({
  DESCRIBE: ['read'],
  SETUP: ['read'],
  PLAY: ['read'],
  ANNOUNCE: ['publish'],
  RECORD: ['publish'],
})
const either: readonly AccessAction[] = Object.freeze(['read', 'publish'] as const)

/** Methods whose permission depends on their URI alone, even if the request names a session. */
const besideSession: ReadonlySet<string> = new Set(['DESCRIBE', 'ANNOUNCE'])

/**
 * Returns the path and the actions for which a request needs permission. The path is that of its
 * session, if the client owns the session. Otherwise it is that of the client's announcement on the
 * connection, or else of the URI.
 *
 * A session of another client or of another path is ignored, so that it looks like one that does
 * not exist. No session's timeout starts again.
 *
 * @param user - User name in the credentials.
 * @throws {RequestError} `ERR_HEADER_VALUE` if the Session header cannot be parsed.
 */
export function subjectOf(context: UnauthorizedRequest, user: string | undefined): RequestSubject {
  const { connection, request, target } = context
  const held = heldPresentation(context, user)
  if (held) return { path: held.path, actions: [isPublication(held.media) ? 'publish' : 'read'] }
  const announced = connection.publication
  const isAnnounced = target && announced?.trackIndexOf(target.full) !== undefined
  if (request.method === 'SETUP' && announced && isAnnounced) {
    return { path: announced.path, actions: ['publish'] }
  }
  return { path: target?.path, actions: actionsOf[request.method] ?? either }
}

/**
 * Returns the argument of a function in an access rule.
 *
 * @param user - User name in the credentials.
 */
export function accessOf(
  { claimant: { address } }: UnauthorizedRequest,
  { path, actions }: RequestSubject,
  user: string | undefined,
): AccessContext {
  return { user, path, address, action: actions.length === 1 ? actions[0] : undefined }
}

function heldPresentation(
  context: UnauthorizedRequest,
  user: string | undefined,
): SessionMedia<Presentation> | undefined {
  const { request, target } = context
  if (besideSession.has(request.method)) return undefined
  const session = ownSession(context, user)
  const held = session && presentationOf(session)
  // The session may have lost its media when the SETUP is carried out, and then the URI decides
  // alone.
  const isOther = request.method === 'SETUP' && held && !(target && isSame(held, target))
  return isOther ? undefined : held
}

function ownSession(context: UnauthorizedRequest, user: string | undefined): Session | undefined {
  const session = namedSession(context)
  return session?.owner?.user === user ? session : undefined
}

/**
 * Returns the session that a request names, if it belongs to the address of the client;
 * `undefined` otherwise. The user of the session is not checked.
 */
export function namedSession({
  server,
  request,
  claimant,
}: UnauthorizedRequest): Session | undefined {
  const value = request.headers.get('Session')
  if (value === undefined) return undefined
  const session = server.pool.get(parseSessionHeader(value).id)
  const owner = session?.owner
  return owner !== undefined && isSameHost(owner.address, claimant.address) ? session : undefined
}
