import { shapeOf } from '../../option-checks.js'
import { parseSessionHeader } from '../../rtsp/index.js'
import type { Session, SessionOwner } from '../../session-pool/index.js'
import type { PublicMethod } from '../request/methods.js'
import {
  type Handler,
  ok,
  type Reply,
  type UnauthorizedRequest,
} from '../request/request-context.js'
import { presentationOf, securityOf } from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'

/** Methods that another server may pass on: the others create a session, or need the client's own connection. */
const relayable: ReadonlySet<PublicMethod> = new Set([
  'OPTIONS',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'PLAY',
  'PAUSE',
  'TEARDOWN',
])

/** Methods whose requests and responses may contain keys of SRTP, which belong on the client's own TLS connection. */
const carriesKeys: ReadonlySet<PublicMethod> = new Set(['SET_PARAMETER', 'PLAY'])

/**
 * Response for a session that is not here. It is no error: the connection has the requests of many clients, and would
 * close after 20 errors in a row.
 */
const notHere: Reply = Object.freeze({ statusCode: 454 })

/**
 * Responds to a request of a client that another server of the cluster has authenticated and passed on. The session must
 * be one of that client, and not bound to a connection: media in a connection cannot reach another one.
 *
 * The hook `onUnknownSession` is not asked, so that no request is passed on twice. The session does not join the
 * connection, which belongs to the other server and may close at any time.
 *
 * @param client - Client on whose behalf the other server asks.
 * @throws {TypeError} If the option `isPeer` has returned something else.
 * @throws {RequestError} If the session has ended, or the method is not valid in its state. Errors of the handler are
 * thrown unchanged.
 */
export function answerRelayed(
  base: UnauthorizedRequest,
  method: PublicMethod,
  client: SessionOwner,
  handle: Handler,
): Reply | Promise<Reply> {
  const { server, connection, request, target } = base
  const { address, user } = client
  if (typeof address !== 'string') {
    throw new TypeError(
      `isPeer must return true, false or { address, user }, got ${shapeOf(client)}`,
    )
  }
  const claimant = { address, user }
  const value = request.headers.get('Session')
  if (value === undefined || !relayable.has(method)) return notHere
  const { id } = parseSessionHeader(value)
  const session = server.pool.find(id, claimant)
  if (!session) return answerGone(base, method, id, claimant)
  if (carriesKeys.has(method) && isEncrypted(session)) return notHere
  requireValid({ session, connection, request })
  return handle({ server, connection, request, claimant, target, session })
}

/** Responds to PAUSE and TEARDOWN of a session that has just ended like to a client of this server. */
function answerGone(
  { server: { sessions } }: UnauthorizedRequest,
  method: PublicMethod,
  id: string,
  claimant: SessionOwner,
): Reply {
  const isGoodbye = method === 'PAUSE' || method === 'TEARDOWN'
  if (!isGoodbye || !sessions.hasEnded(id, claimant)) return notHere
  if (method === 'TEARDOWN') sessions.forgetEnded(id)
  return { ...ok, headers: [['Session', id]] }
}

function isEncrypted(session: Session): boolean {
  const tracks = presentationOf(session)?.transports.keys() ?? []
  return [...tracks].some((index) => securityOf(session, index) !== undefined)
}
