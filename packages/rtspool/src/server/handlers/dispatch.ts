import { RequestError } from '../../errors.js'
import { isRtspMethod, parseCSeq, parseSessionHeader, type RtspRequest } from '../../rtsp/index.js'
import { closeIfBanned, requireNotBanned } from '../request/ban-check.js'
import { isPublicMethod, type PublicMethod } from '../request/methods.js'
import type {
  Authorizer,
  Handler,
  Reply,
  RequestContext,
  UnauthorizedRequest,
} from '../request/request-context.js'
import { sessionNotFound } from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'
import { parseTarget } from '../request/target.js'
import { unsupportedFeatures } from '../setup/back-channel-setup.js'
import { handleAnnounce } from './announce.js'
import { handleDescribe } from './describe.js'
import { handleGetParameter } from './get-parameter.js'
import { handleOptions } from './options.js'
import { handlePause } from './pause.js'
import { handlePlay } from './play.js'
import { handleRecord } from './record.js'
import { answerRelayed } from './relayed.js'
import { handleSetParameter } from './set-parameter.js'
import { handleSetup } from './setup.js'
import { handleTeardown } from './teardown.js'
import { answerUnknown } from './unknown-session.js'

const handlers: Readonly<Record<PublicMethod, Handler>> = Object.freeze({
  OPTIONS: handleOptions,
  DESCRIBE: handleDescribe,
  ANNOUNCE: handleAnnounce,
  SETUP: handleSetup,
  PLAY: handlePlay,
  PAUSE: handlePause,
  RECORD: handleRecord,
  TEARDOWN: handleTeardown,
  GET_PARAMETER: handleGetParameter,
  SET_PARAMETER: handleSetParameter,
})

/** Methods that must name a session (RFC 2326 section 11.3.5). */
const needSession: ReadonlySet<PublicMethod> = new Set(['PLAY', 'PAUSE', 'RECORD', 'TEARDOWN'])

/** A parsed request before any check: neither URI nor session has been looked up. */
type RawRequest = Omit<RequestContext, 'target' | 'session'>

/**
 * Applies the rules for all methods, in this order: CSeq, version, method, Require, URI, user and
 * rights, bans, session and owner, state. Then calls the handler of the method.
 *
 * @throws {RequestError} If a rule refuses the request. The connection converts the error to the
 * response.
 */
export function dispatch(base: RawRequest): Reply | Promise<Reply> {
  const { server, connection, request, claimant } = base
  parseCSeq(request.headers.get('CSeq'))
  if (request.version !== '1.0') {
    throw new RequestError('ERR_VERSION', `expected RTSP/1.0, got RTSP/${request.version}`)
  }
  const method = request.method
  if (!isPublicMethod(method)) {
    const known = isRtspMethod(method) ? 'not taken by a server' : 'not known'
    throw new RequestError('ERR_NOT_IMPLEMENTED', `the method is ${known}`)
  }
  checkRequirements(base)
  // Written out here and below: in Node 20, V8 needs 2 us for a literal that begins with a spread
  // and has further fields.
  const target = parseTarget(request.uri)
  const peer = server.isPeer?.(request)
  const isPeer = peer === true
  const context = { server, connection, request, claimant, target, isPeer }
  const { authorizer } = server
  if (peer && peer !== true) return answerRelayed(context, method, peer, handlers[method])
  return authorizer && !peer ? authorized(authorizer, context, method) : answer(context, method)
}

/** Authenticates the client, then looks up the session, and calls the handler. */
async function authorized(
  authorizer: Authorizer,
  context: UnauthorizedRequest,
  method: PublicMethod,
): Promise<Reply> {
  const authorization = await authorizer.authorize(context)
  const { server, connection } = context
  if (server.authorizer !== authorizer && !connection.isClosed) {
    // The option `auth` has changed meanwhile: the decision of the former authorizer means nothing.
    return server.authorizer
      ? authorized(server.authorizer, context, method)
      : answer(context, method)
  }
  if (!authorization) throw sessionNotFound()
  if ('refusal' in authorization) return closeIfBanned(context, authorization.refusal)
  const claimant = { ...context.claimant, user: authorization.user }
  return answer({ ...context, claimant, login: authorization }, method)
}

function answer(base: UnauthorizedRequest, method: PublicMethod): Reply | Promise<Reply> {
  requireNotBanned(base, method)
  const { server, connection, request, claimant, target, login, isPeer = false } = base
  const id = sessionIdOf(request, method)
  const session = id === undefined ? undefined : server.pool.find(id, claimant)
  if (id !== undefined && !session) return answerUnknown({ request: base, method, id })
  requireValid({ session, connection, request })
  const isBeginning = !session && beginnings.has(method)
  if (isBeginning && server.sessions.isDraining && !isPeer) {
    throw new RequestError('ERR_DRAINING', 'the server is draining')
  }
  if (session) server.sessions.use(session, connection)
  const context = { server, connection, request, claimant, target, session, login, isPeer }
  return handlers[method](context)
}

/**
 * Methods with which a new client begins; without a session, they get 503 during a drain. Viewers of other nodes may
 * still begin to watch the publishers of this one.
 */
const beginnings: ReadonlySet<PublicMethod> = new Set(['DESCRIBE', 'ANNOUNCE', 'SETUP'])

/**
 * Checks that the server supports all features in Require (RFC 2326 section 12.32).
 *
 * @throws {RequestError} If one is missing.
 */
function checkRequirements(base: RawRequest): void {
  const unsupported = unsupportedFeatures(base)
  if (unsupported.length === 0) return
  throw new RequestError('ERR_OPTION_UNSUPPORTED', 'a required feature is not supported', {
    context: { unsupported },
  })
}

/**
 * Returns the session id of a request, if its method uses one.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` if the method needs a session and the request
 *   names none.
 */
function sessionIdOf({ headers }: RtspRequest, method: PublicMethod): string | undefined {
  const value = headers.get('Session')
  if (value === undefined) {
    if (needSession.has(method)) throw sessionNotFound()
    return undefined
  }
  // DESCRIBE does not use sessions; clients that name one anyway get a response.
  return method === 'DESCRIBE' ? undefined : parseSessionHeader(value).id
}
