import type { PublicMethod } from './methods.js'
import type { Reply, UnauthorizedRequest } from './request-context.js'

/** Methods with which a client begins something new. The others belong to a session that is there. */
const beginning: ReadonlySet<PublicMethod> = new Set(['DESCRIBE', 'ANNOUNCE', 'SETUP'])

/**
 * Refuses a new use of a path by a banned client, after its user has been authenticated.
 *
 * @throws {SessionPoolError} `ERR_BANNED`
 */
export function requireNotBanned(
  { server, claimant, target }: UnauthorizedRequest,
  method: PublicMethod,
): void {
  const { bans } = server.pool
  if (bans.size === 0 || !beginning.has(method)) return
  const ban = bans.hit({ address: claimant.address, user: claimant.user, path: target?.path })
  if (ban) throw bans.errorOf(ban)
}

/**
 * Closes the connection after a refused login if its address has been banned meanwhile, for example
 * because of that login.
 */
export function closeIfBanned({ server, connection }: UnauthorizedRequest, refusal: Reply): Reply {
  const { bans } = server.pool
  const isBanned = bans.find({ address: connection.remoteAddress }) !== undefined
  return isBanned ? { ...refusal, afterWrite: () => connection.close() } : refusal
}
