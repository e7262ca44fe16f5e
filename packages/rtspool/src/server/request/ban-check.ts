import type { PublicMethod } from './methods.js'
import type { Reply, UnauthorizedRequest } from './request-context.js'

/**
 * Methods that a banned client may not use. It may still use the others, for sessions that exist
 * already.
 */
const beginning: ReadonlySet<PublicMethod> = new Set(['DESCRIBE', 'ANNOUNCE', 'SETUP'])

/**
 * Checks that the user of a request is not banned from its path. Called after authentication.
 *
 * @throws {SessionPoolError} `ERR_BANNED`
 */
export function requireNotBanned(
  { server, claimant, target }: UnauthorizedRequest,
  method: PublicMethod,
): void {
  const { bans } = server.pool
  if (bans.size === 0 || !beginning.has(method)) return
  const { address, user } = claimant
  const path = target?.path
  if (method === 'SETUP') {
    // The pool counts and tells that it refuses a session.
    server.pool.assertNotBanned({ owner: { address, user }, path })
    return
  }
  const ban = bans.hit({ address, user, path })
  if (ban) throw bans.errorOf(ban)
}

/**
 * Returns the response to a refused login. If the client's address has been banned meanwhile, for
 * example because of that login, the connection closes after the response.
 */
export function closeIfBanned({ server, connection }: UnauthorizedRequest, refusal: Reply): Reply {
  const { bans } = server.pool
  const isBanned = bans.find({ address: connection.remoteAddress }) !== undefined
  return isBanned ? { ...refusal, afterWrite: () => connection.close() } : refusal
}
