import { servesPath } from '../../media/mount-points.js'
import type { PathHookContext } from '../path-hooks.js'
import type { RequestContext } from '../request/request-context.js'
import { requireValid } from '../request/session-validity.js'
import type { RequestTarget } from '../request/target.js'

/** Returns whether nothing is mounted at a path, and the server has a hook that may mount something. */
export function isUnknownPath({ server }: RequestContext, { path }: RequestTarget): boolean {
  return server.onUnknownPath !== undefined && !servesPath(server.mounts.match(path), path)
}

/**
 * Calls the hook `onUnknownPath`.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` if the connection has closed meanwhile. Errors of the hook are thrown
 *   unchanged.
 */
export async function askUnknownPath(
  context: RequestContext,
  target: RequestTarget,
): Promise<void> {
  await context.server.onUnknownPath?.(pathContextOf(context, target))
  requireValid(context)
}

/** Returns the argument of a hook for the path of a request. */
export const pathContextOf = (
  { request, claimant, connection }: RequestContext,
  { path }: RequestTarget,
): PathHookContext => ({
  ...{ path, address: claimant.address, user: claimant.user, request },
  signal: connection.closeSignal,
})
