import { RequestError } from '../../errors.js'
import { isPublicMethod, isValidInState, methodsValidIn } from './methods.js'
import type { RequestContext } from './request-context.js'
import { sessionNotFound } from './session-presentation.js'

/**
 * What must hold of the session of a request. Handlers ask again after each `await`: meanwhile the session may
 * have ended or moved on, and the connection may be gone.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND`, or `ERR_METHOD_NOT_VALID_IN_STATE` (RFC 2326 A.2).
 */
export function requireValid({
  session,
  connection,
  request: { method },
}: Pick<RequestContext, 'session' | 'connection' | 'request'>): void {
  // Nobody hears this; but nothing may be made for a connection that gives nothing back any more.
  if (connection.isClosed || session?.removalReason !== undefined) throw sessionNotFound()
  if (!session || !isPublicMethod(method) || isValidInState(method, session.state)) return
  throw new RequestError(
    'ERR_METHOD_NOT_VALID_IN_STATE',
    `${method} is not valid in state ${session.state}`,
    { context: { allow: methodsValidIn(session.state) } },
  )
}

/**
 * Asked when something has failed for a session: one that is gone takes its media along, and what that cuts short is
 * nobody's fault.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the session has ended, and not with its media.
 */
export function requireWanted({ session }: RequestContext): void {
  const reason = session?.removalReason
  if (reason !== undefined && reason !== 'mediaEnded' && reason !== 'mediaFailed')
    throw sessionNotFound()
}
