import { RtspError } from '../../errors.js'
import { shapeOf } from '../../option-checks.js'
import type { RtspRequest } from '../../rtsp/index.js'
import {
  type Authorization,
  type DigestAuthorization,
  parseAuthorization,
} from '../../rtsp/index.js'
import type { ResolvedAuthOptions, VerifyContext } from './auth-options.js'
import type { DigestAlgorithm } from './digest.js'
import {
  algorithmOf,
  ha1From,
  isPasswordOf,
  isResponseOf,
  isUserSecret,
  strongestOf,
  type UserSecret,
} from './secrets.js'

/** Credentials that can be compared. */
export interface CheckableCredentials {
  readonly authorization: Authorization
  /** Of a Digest. */
  readonly algorithm?: DigestAlgorithm
}

/** What the client has sent: nothing, something that cannot be read or is not offered, or credentials to be checked. */
export type ReceivedCredentials = 'missing' | 'malformed' | 'unsupported' | CheckableCredentials

/** Reads the Authorization header, and leaves out what is not on offer: nothing of that is compared. */
export function receivedCredentials(
  { headers }: RtspRequest,
  { algorithms }: Pick<ResolvedAuthOptions, 'algorithms'>,
  isBasicTaken: boolean,
): ReceivedCredentials {
  const values = headers.getAll('Authorization')
  if (values.length === 0) return 'missing'
  const authorization = values.length === 1 ? readAuthorization(values[0] as string) : undefined
  if (!authorization) return 'malformed'
  if (authorization.scheme === 'Basic') {
    return isBasicTaken ? { authorization } : 'unsupported'
  }
  const algorithm = algorithmOf(authorization)
  const isOffered = algorithm !== undefined && algorithms.includes(algorithm)
  return isOffered && isQopOffered(authorization) ? { authorization, algorithm } : 'unsupported'
}

const isQopOffered = ({ qop }: DigestAuthorization): boolean =>
  qop === undefined || qop.toLowerCase() === 'auth'

function readAuthorization(value: string): Authorization | undefined {
  try {
    return parseAuthorization(value)
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}

/**
 * Whether the credentials are those of the user they name. A name that nobody has costs the same work as a wrong
 * password.
 *
 * @param method - Of the request, part of a Digest response.
 * @param context - Makes what the hook is asked with.
 * @throws {TypeError} When the hook answers what it cannot know; whatever the hook throws.
 */
export async function areRight(
  credentials: CheckableCredentials,
  { users, verify, realm, nobody }: ResolvedAuthOptions,
  method: string,
  context: () => VerifyContext,
): Promise<boolean> {
  const { authorization } = credentials
  const listed = users.get(authorization.username)
  const answer: unknown = listed ?? (verify ? await verify(context()) : undefined)
  const isNobody = answer === undefined || answer === false
  // The secret of nobody goes the same way as that of a user: the time tells nothing.
  const known = isNobody ? nobody : answer
  if (known === true && authorization.scheme === 'Basic') return true
  if (isUserSecret(known)) return isMadeWith(known, credentials, realm, method) && !isNobody
  const ways = authorization.scheme === 'Basic' ? ', true or false' : ''
  throw new TypeError(
    `auth.verify must answer the password, { ha1 }${ways}, or undefined for nobody, got ${shapeOf(known)}`,
  )
}

function isMadeWith(
  secret: UserSecret,
  { authorization, algorithm = strongestOf(secret) }: CheckableCredentials,
  realm: string,
  method: string,
): boolean {
  const ha1 = ha1From(secret, algorithm, authorization.username, realm)
  if (ha1 === undefined) {
    throw new TypeError(`auth.verify must answer ha1 of ${algorithm}, which is offered`)
  }
  return authorization.scheme === 'Basic'
    ? isPasswordOf(ha1, algorithm, realm, authorization)
    : isResponseOf(ha1, algorithm, method, authorization)
}
