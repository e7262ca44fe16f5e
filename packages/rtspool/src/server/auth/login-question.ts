import { RtspError } from '../../errors.js'
import { type Authorization, parseTransport, type RtspRequest } from '../../rtsp/index.js'
import type { SessionTransport } from '../../session-pool/index.js'
import type { UnauthorizedRequest } from '../request/request-context.js'
import {
  checkLoginAnswer,
  isGrant,
  type LoginAnswer,
  type LoginContext,
  type LoginHook,
} from './login-hook.js'
import type { AccessRight } from './rules.js'
import { algorithmOf } from './secrets.js'
import { accessOf, namedSession, subjectOf } from './subject.js'

/**
 * Asks the hook `login` about a request. The hook may name another user than the credentials. If that user owns the
 * session of the request, the hook is asked again, about the session's path.
 *
 * @param authorization - Credentials of the request; `undefined` without any.
 * @param right - Right to ask for, such as `talk`, in place of the action that the method implies.
 * @returns The checked answer of the hook.
 * @throws {TypeError | RangeError} If the answer is invalid. Errors of the hook are thrown unchanged.
 */
export async function askLogin(
  hook: LoginHook,
  authorization: Authorization | undefined,
  request: UnauthorizedRequest,
  right?: AccessRight,
): Promise<LoginAnswer> {
  const claimed = authorization && userIn(authorization)
  const asked = loginQuestion(authorization, request, claimed, right)
  const answer = checkLoginAnswer(await hook(asked))
  if (!isGrant(answer) || answer.user === claimed) return answer
  const own = loginQuestion(authorization, request, answer.user, right)
  if (own.path === asked.path && own.action === asked.action) return answer
  return checkLoginAnswer(await hook({ ...own, user: claimed }))
}

/** Returns the user name in credentials; `undefined` for a token. */
export const userIn = (authorization: Authorization): string | undefined =>
  authorization.scheme === 'Bearer' ? undefined : authorization.username

/**
 * Builds the argument of the hook `login` for a request.
 *
 * @param user - User whose session the request may name.
 * @param right - Right to ask for, such as `talk`, in place of the action that the method implies.
 */
export function loginQuestion(
  authorization: Authorization | undefined,
  context: UnauthorizedRequest,
  user: string | undefined,
  right?: AccessRight,
): LoginContext {
  const { request, connection } = context
  const subject = subjectOf(context, user)
  const session = namedSession(context)
  return {
    ...accessOf(context, subject, user),
    // Requests that both actions allow, such as keep-alives, need the lesser right.
    action: right ?? subject.actions[0] ?? 'read',
    scheme: authorization?.scheme,
    algorithm: authorization?.scheme === 'Digest' ? algorithmOf(authorization) : undefined,
    password: authorization?.scheme === 'Basic' ? authorization.password : undefined,
    token: authorization?.scheme === 'Bearer' ? authorization.token : undefined,
    method: request.method,
    session,
    isRecheck: false,
    connectionId: connection.publicId,
    userAgent: connection.userAgent,
    isSecure: connection.isSecure,
    tunnel: connection.tunnel,
    transport: session?.use?.transport ?? preferredTransport(request),
    request,
    signal: connection.closeSignal,
  }
}

/** Returns the transport that a SETUP prefers; `undefined` for other requests. */
function preferredTransport({ method, headers }: RtspRequest): SessionTransport | undefined {
  if (method !== 'SETUP') return undefined
  try {
    const [first] = parseTransport(headers.get('Transport') ?? '')
    if (first?.delivery === 'multicast') return 'multicast'
    return first?.lowerTransport === 'TCP' ? 'TCP' : 'UDP'
  } catch (error) {
    // The handler refuses the request later.
    if (error instanceof RtspError) return undefined
    throw error
  }
}
