import type { RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionGroups, SessionInit, SessionOwner } from '../../session-pool/index.js'
import type { RtspAdmitContext } from '../admit-hook.js'
import type { AccessAction } from '../auth/rules.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { RequestContext } from '../request/request-context.js'
import { requireValid } from '../request/session-validity.js'
import type { StreamPlan } from './stream-plan.js'

/**
 * Argument of the hook `onAdmit`, which decides about a new session. It is a class, because V8 treats every object
 * literal with an accessor as a new kind of object.
 */
class AdmitQuestion implements RtspAdmitContext {
  readonly owner: SessionOwner
  readonly path: string
  readonly query: string
  readonly action: AccessAction
  readonly expiresAt: number | undefined
  readonly groups: SessionGroups | undefined
  readonly maxSessionsPerUser: number | undefined
  readonly replaces: Session | undefined
  readonly request: RtspRequest
  readonly isPeer: boolean
  readonly #connection: ConnectionContext

  constructor(
    owner: SessionOwner,
    path: string,
    action: AccessAction,
    replaces: Session | undefined,
    { request, connection, target, login, isPeer = false }: RequestContext,
  ) {
    this.owner = owner
    this.path = path
    this.query = target?.query ?? ''
    this.action = action
    this.expiresAt = login?.expiresAt
    this.groups = login?.groups
    this.maxSessionsPerUser = login?.maxSessionsPerUser
    this.replaces = replaces
    this.request = request
    this.isPeer = isPeer
    this.#connection = connection
  }

  /** Signal that aborts when the connection closes; created on demand. */
  get signal(): AbortSignal {
    return this.#connection.closeSignal
  }
}

/**
 * Asks the pool whether a client may get a session, before anything is created for the client.
 *
 * @param plan - Plan of the stream for which the session is needed.
 * @returns Properties of the new session.
 * @throws {SessionPoolError} If a limit is reached or the hook `onAdmit` refuses.
 * @throws {RequestError} `ERR_OVERLOADED`; `ERR_SESSION_NOT_FOUND` if the connection has closed meanwhile.
 */
export async function admit(
  context: RequestContext,
  { path, action, replaces }: Pick<StreamPlan, 'path' | 'action' | 'replaces'>,
): Promise<SessionInit> {
  const { server, claimant } = context
  // A session that replaces another one of its client costs nothing more.
  if (!replaces) server.overload.checkNewSession()
  const owner = { address: claimant.address, user: claimant.user }
  try {
    const init = await server.pool.admit(new AdmitQuestion(owner, path, action, replaces, context))
    // The hook cannot change owner and path, because later requests are compared with them.
    return init.owner === owner && init.path === path ? init : { ...init, owner, path }
  } finally {
    // A hook that aborted because the connection has closed has not failed.
    requireValid(context)
  }
}
