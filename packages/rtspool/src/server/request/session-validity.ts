import { RequestError } from '../../errors.js'
import type { RemovalReason } from '../../session-pool/index.js'
import { isPublicMethod, isValidInState, methodsValidIn } from './methods.js'
import type { RequestContext } from './request-context.js'
import { sessionNotFound } from './session-presentation.js'

/** Removal reasons of sessions that ended because their media ended. */
const mediaReasons: readonly RemovalReason[] = ['mediaEnded', 'mediaFailed', 'sourceChanged']

/**
 * Checks that the session of a request is still valid. Handlers call this function after each
 * `await`, because the session may have ended or changed its state meanwhile, or the connection may
 * have closed.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND`, or `ERR_METHOD_NOT_VALID_IN_STATE` (RFC 2326
 * A.2).
 */
export function requireValid({
  session,
  connection,
  request: { method },
}: Pick<RequestContext, 'session' | 'connection' | 'request'>): void {
  // The client will not receive this. But nothing may be created for a closed connection, which
  // would never release it.
  if (connection.isClosed || session?.removalReason !== undefined) throw sessionNotFound()
  if (!session || !isPublicMethod(method) || isValidInState(method, session.state)) return
  throw new RequestError(
    'ERR_METHOD_NOT_VALID_IN_STATE',
    `${method} is not valid in state ${session.state}`,
    { context: { allow: methodsValidIn(session.state) } },
  )
}

/**
 * Checks, after a failure, whether the session has ended meanwhile. If it has, for another reason
 * than the end of its media, that caused the failure, and the client gets 454.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` if the session has ended, but not with its media.
 */
export function requireWanted({ session }: RequestContext): void {
  const reason = session?.removalReason
  if (reason !== undefined && !mediaReasons.includes(reason)) throw sessionNotFound()
}
