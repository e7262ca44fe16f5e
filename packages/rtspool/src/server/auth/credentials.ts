import type { DigestAlgorithm } from '../../auth/digest.js'
import { RtspError } from '../../errors.js'
import { shapeOf } from '../../option-checks.js'
import type { RtspRequest } from '../../rtsp/index.js'
import {
  type Authorization,
  type BasicAuthorization,
  type DigestAuthorization,
  parseAuthorization,
} from '../../rtsp/index.js'
import type { ResolvedAuthOptions, VerifyContext } from './auth-options.js'
import type { OfferedSchemes } from './challenges.js'
import {
  algorithmOf,
  ha1From,
  isPasswordOf,
  isResponseOf,
  isUserSecret,
  strongestOf,
  type UserSecret,
} from './secrets.js'

/** Credentials with the name of a user, who proves knowledge of a password. */
export type PasswordAuthorization = BasicAuthorization | DigestAuthorization

/** Credentials whose scheme and algorithm the server has offered, so that they can be checked. */
export interface CheckableCredentials {
  readonly authorization: Authorization
  /** Hash algorithm of Digest; `undefined` with Basic and Bearer. */
  readonly algorithm?: DigestAlgorithm
}

/**
 * Result of {@link receivedCredentials}: credentials to check, or the reason why there are none.
 */
export type ReceivedCredentials = 'missing' | 'malformed' | 'unsupported' | CheckableCredentials

/**
 * Parses the Authorization header of a request, or else the token in its query. Does not check the
 * credentials.
 */
export function receivedCredentials(
  { headers }: RtspRequest,
  query: string | undefined,
  { algorithms, tokenParameters }: Pick<ResolvedAuthOptions, 'algorithms' | 'tokenParameters'>,
  offered: OfferedSchemes,
): ReceivedCredentials {
  const values = headers.getAll('Authorization')
  if (values.length === 0) {
    const token = offered.tokens ? tokenIn(query, tokenParameters) : undefined
    return token === undefined ? 'missing' : { authorization: { scheme: 'Bearer', token } }
  }
  const authorization = values.length === 1 ? readAuthorization(values[0] as string) : undefined
  if (!authorization) return 'malformed'
  if (authorization.scheme === 'Basic') {
    return offered.basic ? { authorization } : 'unsupported'
  }
  if (authorization.scheme === 'Bearer') return offered.tokens ? { authorization } : 'unsupported'
  const algorithm = algorithmOf(authorization)
  const isOffered = algorithm !== undefined && algorithms.includes(algorithm)
  return isOffered && isQopOffered(authorization) ? { authorization, algorithm } : 'unsupported'
}

/**
 * Returns the token in a query: the value of the first parameter that has one of the names. An
 * empty value counts as missing.
 */
function tokenIn(query: string | undefined, names: readonly string[]): string | undefined {
  if (query === undefined || names.length === 0) return undefined
  const parameters = new URLSearchParams(query)
  for (const name of names) {
    const token = parameters.get(name)
    if (token) return token
  }
  return undefined
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
 * Checks credentials against the secret of the user that they name. An unknown user costs the same work as a wrong
 * password.
 *
 * @param method - Method of the request, part of a Digest response.
 * @param context - Creates the argument of the hook `verify`.
 * @returns Whether the credentials are right; `undefined` for credentials that only the hook `login` can check.
 * @throws {TypeError} If `verify` returns an invalid answer. Errors of the hook itself are thrown unchanged.
 */
export async function areRight(
  credentials: CheckableCredentials,
  { users, verify, login, realm, nobody }: ResolvedAuthOptions,
  method: string,
  context: (authorization: PasswordAuthorization) => VerifyContext,
): Promise<boolean | undefined> {
  const { authorization } = credentials
  if (authorization.scheme === 'Bearer') return undefined
  const listed = users.get(authorization.username)
  const answer: unknown = listed ?? (verify ? await verify(context(authorization)) : undefined)
  if (answer === undefined && login) {
    // The same work as for a known user: the hook may answer at once.
    const { algorithm = strongestOf(nobody) } = credentials
    isMadeWith(nobody, authorization, algorithm, realm, method)
    return undefined
  }
  const isNobody = answer === undefined || answer === false
  // An unknown user takes the same path as a known one, so that the time tells nothing.
  const known = isNobody ? nobody : answer
  if (known === true && authorization.scheme === 'Basic') return true
  if (isUserSecret(known)) {
    const { algorithm = strongestOf(known) } = credentials
    return isMadeWith(known, authorization, algorithm, realm, method) && !isNobody
  }
  const ways = authorization.scheme === 'Basic' ? ', true or false' : ''
  throw new TypeError(
    `auth.verify must return the password, { ha1 }${ways}, or undefined for nobody, got ${shapeOf(known)}`,
  )
}

/**
 * Checks Digest credentials with the secret that the hook `login` has returned for their user. Without a secret, the
 * result is false, after the same work.
 *
 * @param method - Method of the request, part of a Digest response.
 * @throws {TypeError} If the secret has no HA1 of the algorithm.
 */
export function isDigestOf(
  authorization: DigestAuthorization,
  secret: UserSecret | undefined,
  { realm, nobody }: Pick<ResolvedAuthOptions, 'realm' | 'nobody'>,
  method: string,
): boolean {
  const known = secret ?? nobody
  const algorithm = algorithmOf(authorization) ?? strongestOf(known)
  return isMadeWith(known, authorization, algorithm, realm, method) && secret !== undefined
}

function isMadeWith(
  secret: UserSecret,
  authorization: PasswordAuthorization,
  algorithm: DigestAlgorithm,
  realm: string,
  method: string,
): boolean {
  const ha1 = ha1From(secret, algorithm, authorization.username, realm)
  if (ha1 === undefined) {
    throw new TypeError(
      `auth.verify and auth.login must return ha1 of ${algorithm}, which the server offers`,
    )
  }
  return authorization.scheme === 'Basic'
    ? isPasswordOf(ha1, algorithm, realm, authorization)
    : isResponseOf(ha1, algorithm, method, authorization)
}
