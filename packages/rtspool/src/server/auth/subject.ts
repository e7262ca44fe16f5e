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
import type { AccessAction } from './rules.js'

/** What a request is about, for the rules. */
export interface RequestSubject {
  /** `undefined` for `*`. */
  readonly path: string | undefined
  /** One of them has to be allowed. */
  readonly actions: readonly AccessAction[]
}

/** What methods want where they say it by themselves; the others want either. */
const actionsOf: Readonly<Record<string, readonly AccessAction[]>> = Object.freeze({
  DESCRIBE: ['read'],
  SETUP: ['read'],
  PLAY: ['read'],
  ANNOUNCE: ['publish'],
  RECORD: ['publish'],
})
const either: readonly AccessAction[] = Object.freeze(['read', 'publish'] as const)

/** These name what they want by their URI alone; a session that comes along has nothing to do with it. */
const besideSession: ReadonlySet<string> = new Set(['DESCRIBE', 'ANNOUNCE'])

/**
 * What a request is about: the presentation of its session when that belongs to the client, else what the client has
 * announced on the connection, else its URI. A session of somebody else decides nothing, so that it cannot be told
 * from one that does not exist; nor does a session of one path for what is wanted of another. No session is touched.
 *
 * @param user - Who the client says it is.
 * @throws {RequestError} `ERR_HEADER_VALUE` when the Session header cannot be understood.
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

function heldPresentation(
  context: UnauthorizedRequest,
  user: string | undefined,
): SessionMedia<Presentation> | undefined {
  const { request, target } = context
  if (besideSession.has(request.method)) return undefined
  const session = ownSession(context, user)
  const held = session && presentationOf(session)
  // A session may have lost what it holds when the SETUP is carried out: then its URI alone is what is set up.
  const isOther = request.method === 'SETUP' && held && !(target && isSame(held, target))
  return isOther ? undefined : held
}

function ownSession(
  { server, request, claimant }: UnauthorizedRequest,
  user: string | undefined,
): Session | undefined {
  const value = request.headers.get('Session')
  if (value === undefined) return undefined
  const session = server.pool.get(parseSessionHeader(value).id)
  const owner = session?.owner
  return owner !== undefined && isSameHost(owner.address, claimant.address) && owner.user === user
    ? session
    : undefined
}
