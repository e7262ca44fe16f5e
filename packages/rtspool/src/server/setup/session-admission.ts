import type { RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionInit, SessionOwner } from '../../session-pool/index.js'
import type { RtspAdmitContext } from '../admit-hook.js'
import type { AccessAction } from '../auth/rules.js'
import type { ConnectionContext, RequestContext } from '../request/request-context.js'
import { requireValid } from '../request/session-validity.js'

/** A class, because V8 takes every object literal with an accessor for a new kind of object. */
class AdmitQuestion implements RtspAdmitContext {
  readonly owner: SessionOwner
  readonly path: string
  readonly action: AccessAction
  readonly replaces: Session | undefined
  readonly request: RtspRequest
  readonly #connection: ConnectionContext

  constructor(
    owner: SessionOwner,
    path: string,
    action: AccessAction,
    replaces: Session | undefined,
    { request, connection }: RequestContext,
  ) {
    this.owner = owner
    this.path = path
    this.action = action
    this.replaces = replaces
    this.request = request
    this.#connection = connection
  }

  /** Made for those only who ask for it. */
  get signal(): AbortSignal {
    return this.#connection.closeSignal
  }
}

/**
 * Asks the pool for a session, before anything is made for the client.
 *
 * @param path - Of the presentation that is to be set up.
 * @param action - What for.
 * @param replaces - The session that leaves for the new one.
 * @returns How the session is to begin.
 * @throws {SessionPoolError} When a limit is reached or the hook `onAdmit` refuses.
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the connection has closed meanwhile.
 */
export async function admit(
  context: RequestContext,
  path: string,
  action: AccessAction,
  replaces?: Session,
): Promise<SessionInit> {
  const { server, claimant } = context
  const owner = { address: claimant.address, user: claimant.user }
  try {
    const init = await server.pool.admit(new AdmitQuestion(owner, path, action, replaces, context))
    // Whom it belongs to and what it is for are not the hook's: the requests that follow are compared with them.
    return init.owner === owner && init.path === path ? init : { ...init, owner, path }
  } finally {
    // A hook that gave up because nobody waits for it any more has not failed.
    requireValid(context)
  }
}
