import type { SessionInit } from '../session/index.js'
import type { RequestContext } from './request-context.js'
import { requireValid } from './session-validity.js'

/**
 * Asks the pool for a session, before anything is made for the client.
 *
 * @param path - Of the presentation that is to be set up.
 * @returns How the session is to begin.
 * @throws {SessionPoolError} When a limit is reached or the hook `onAdmit` refuses.
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the connection has closed meanwhile.
 */
export async function admit(context: RequestContext, path: string): Promise<SessionInit> {
  const { server, connection, request, claimant } = context
  const owner = { address: claimant.address, user: claimant.user }
  try {
    const init = await server.pool.admit({
      owner,
      path,
      request,
      // Made for those only who ask for it.
      get signal() {
        return connection.closeSignal
      },
    })
    // Whom it belongs to and what it is for are not the hook's: the requests that follow are compared with them.
    return { ...init, owner, path }
  } finally {
    // A hook that gave up because nobody waits for it any more has not failed.
    requireValid(context)
  }
}
