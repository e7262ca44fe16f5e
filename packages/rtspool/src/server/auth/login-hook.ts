import type { DigestAlgorithm } from '../../auth/digest.js'
import { checkOptions, isRecord, shapeOf, shown } from '../../option-checks.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type {
  Session,
  SessionGroups,
  SessionTransport,
  SessionTunnel,
} from '../../session-pool/index.js'
import type { AccessContext, AccessRight } from './rules.js'
import { isUserSecret, type UserSecret } from './secrets.js'

/** Argument of a {@link LoginHook}: a request, and the credentials in it. */
export interface LoginContext extends AccessContext {
  /** Authentication scheme of the credentials; `undefined` without credentials. */
  readonly scheme: 'Basic' | 'Digest' | 'Bearer' | undefined
  /**
   * User name in credentials of Basic or Digest; `undefined` with other credentials. The client has not proved yet that
   * it is this user.
   */
  readonly user: string | undefined
  /** Hash algorithm of Digest credentials; `undefined` with other credentials. */
  readonly algorithm: DigestAlgorithm | undefined
  /** Password in credentials of Basic; `undefined` with other credentials. */
  readonly password: string | undefined
  /** Token in a Bearer header or in the query of the URI; `undefined` without one. */
  readonly token: string | undefined
  readonly action: AccessRight
  readonly method: string
  /** Session of the request; `undefined` if it names no session of this client address. */
  readonly session: Session | undefined
  /** True if the server asks the hook again about a session that the hook has allowed. */
  readonly isRecheck: boolean
  /** Public id of the connection on which the request arrived. */
  readonly connectionId: string
  readonly userAgent: string | undefined
  readonly isSecure: boolean
  readonly tunnel: SessionTunnel | undefined
  /** Transport of the session, or the one that a SETUP prefers; `undefined` before a SETUP. */
  readonly transport: SessionTransport | undefined
  /** The RTSP request; `undefined` if the hook is asked again about a session. */
  readonly request: RtspRequest | undefined
  /**
   * Signal that aborts when the answer is no longer needed: the connection or the server closes.
   */
  readonly signal: AbortSignal
}

/** Answer of a {@link LoginHook} that allows a login. */
export interface LoginGrant {
  /** Name of the user, which becomes the owner of the session. @default no user */
  readonly user?: string | undefined
  /**
   * Password or HA1 of the user in the credentials (see `digestHa1`). With Digest, the server checks the credentials
   * with it, and refuses them without it. With other credentials it has no effect.
   */
  readonly secret?: UserSecret | undefined
  /**
   * `true` = the rules of the server decide what the user may do; `false` = the request is allowed.
   * @default false
   */
  readonly byRules?: boolean | undefined
  /**
   * Time in seconds since 1970 at which the authorization ends. A session that was created with the
   * login ends then.
   */
  readonly expiresAt?: number | undefined
  /** Groups, such as `{ plan: 'free' }`, of a session created with the login, for `maxSessionsPerGroup`. */
  readonly groups?: SessionGroups | undefined
  /**
   * Maximum number of sessions of the user when a session is created with the login; 0 = unlimited.
   * @default the limit of the pool
   */
  readonly maxSessionsPerUser?: number | undefined
  /**
   * Seconds after which the hook is asked again about a session created with the login, give or
   * take a tenth. A grant without `recheckSeconds` ends the calls. A refusal, or a grant for another
   * user, ends the session, with reason `authorizationExpired`. While the hook fails, the session
   * continues until the third failure in a row. @default never
   */
  readonly recheckSeconds?: number | undefined
}

/**
 * Refusal of a {@link LoginHook}: `wrong` credentials (401), `forbidden` (403), a kind of
 * credentials that is not accepted here (`unsupported`, 401), or no decision (`unavailable`, 503).
 */
export interface LoginRefusal {
  readonly refuse: 'wrong' | 'forbidden' | 'unsupported' | 'unavailable'
  /** Explanation for the operator, which is not sent to clients. */
  readonly why?: string | undefined
}

/** Answer of a {@link LoginHook}; `undefined` = these credentials are unknown, and refused as wrong. */
export type LoginAnswer = LoginGrant | LoginRefusal | undefined

/**
 * Decides about credentials that no user of `users` and `verify` has: passwords of Basic, Digest, tokens,
 * and requests without credentials that the rules do not allow. Later requests of a session with
 * the same credentials are allowed without calling the hook; those with Digest are checked with the same secret.
 */
export type LoginHook = (context: LoginContext) => Promise<LoginAnswer> | LoginAnswer

/** Returns whether an answer of the hook `login` allows the login. */
export const isGrant = (answer: LoginAnswer): answer is LoginGrant =>
  answer !== undefined && !('refuse' in answer)

const refusals: readonly unknown[] = ['wrong', 'forbidden', 'unsupported', 'unavailable']
const grantNames = [
  ...['user', 'secret', 'byRules', 'expiresAt', 'groups', 'maxSessionsPerUser', 'recheckSeconds'],
] as const
const maxRecheckSeconds = 7 * 24 * 3600
/**
 * Maximum of `expiresAt`, in seconds since 1970. A larger number is probably in milliseconds, and
 * is refused.
 */
const latestSeconds = 1e11

/**
 * Checks the answer of a login hook.
 *
 * @throws {TypeError | RangeError} The value is no valid answer; the message shows no secret.
 */
export function checkLoginAnswer(answer: unknown): LoginAnswer {
  if (answer === undefined) return undefined
  if (!isRecord(answer)) {
    const expected = 'a login, { refuse } or undefined'
    throw new TypeError(`auth.login must return ${expected}, got ${shapeOf(answer)}`)
  }
  if (answer.refuse !== undefined) {
    checkOptions('the refusal of auth.login', answer, ['refuse', 'why'])
    if (refusals.includes(answer.refuse)) return answer as unknown as LoginRefusal
    throw new TypeError(
      `refuse must be one of ${refusals.join(', ')}, got ${shapeOf(answer.refuse)}`,
    )
  }
  checkOptions('the answer of auth.login', answer, grantNames)
  const { user, secret, expiresAt, recheckSeconds } = answer
  if (user !== undefined && (typeof user !== 'string' || user === '')) {
    throw new TypeError(`auth.login must return the name of a user, got ${shapeOf(user)}`)
  }
  if (secret !== undefined && !isUserSecret(secret)) {
    // The value may contain a password: the message tells its type only.
    throw new TypeError(`secret must be a password or { ha1 }, got ${shapeOf(secret)}`)
  }
  checkEnd(expiresAt)
  checkRecheck(recheckSeconds)
  return answer as LoginGrant
}

function checkEnd(expiresAt: unknown): void {
  if (expiresAt === undefined) return
  if (Number.isFinite(expiresAt) && (expiresAt as number) <= latestSeconds) return
  throw new RangeError(`expiresAt must be seconds since 1970, got ${shown(expiresAt)}`)
}

function checkRecheck(seconds: unknown): void {
  if (seconds === undefined) return
  if (typeof seconds === 'number' && seconds > 0 && seconds <= maxRecheckSeconds) return
  const expected = `more than 0 and at most ${maxRecheckSeconds}`
  throw new RangeError(`recheckSeconds must be ${expected}, got ${shown(seconds)}`)
}
