import { type DigestAlgorithm, digestAlgorithms } from '../../auth/digest.js'
import { checkOptions, isRecord, kindOf, shown } from '../../option-checks.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { LoginHook } from './login-hook.js'
import { isUnsendable, resolveUsers } from './resolve-users.js'
import { type AccessContext, type AccessRule, AccessRules } from './rules.js'
import { nobodysSecret, type UserSecret } from './secrets.js'

/**
 * Connections on which the server accepts passwords in clear (Basic): inside TLS only, all, or
 * none.
 */
export type BasicPolicy = 'overTls' | 'always' | 'never'

/** Argument of a {@link VerifyHook}: the user name in a client's credentials, and the request. */
export interface VerifyContext extends AccessContext {
  /** User name in the credentials; the client has not proved yet that it is this user. */
  readonly user: string
  readonly method: string
  /** Authentication scheme of the credentials. */
  readonly scheme: 'Basic' | 'Digest'
  /**
   * Password in the credentials, for databases that can only check a password; `undefined` with
   * Digest.
   */
  readonly password: string | undefined
  /** Realm of the server, a part of every HA1; `digestHa1` computes HA1 from it. */
  readonly realm: string
  readonly request: RtspRequest
  /** Signal that aborts when the connection closes, so that the hook can stop its look-up. */
  readonly signal: AbortSignal
}

/**
 * Returns the secret of a user, for users who are not in {@link AuthOptions.users}.
 *
 * @returns The user's password or HA1, with which the server compares the credentials; `undefined`
 *   for an unknown user. With Basic also `true` or `false`, if the hook has checked the password
 *   itself.
 */
export type VerifyHook = (
  context: VerifyContext,
) => Promise<UserSecret | boolean | undefined> | UserSecret | boolean | undefined

/** Users of a server and their rights. */
export interface AuthOptions {
  /**
   * Users by name, each with a password, or with HA1 of every offered algorithm so that no password
   * is stored (see `digestHa1`). At least one of `users`, `verify` and
   * `login` is needed.
   */
  readonly users?: Readonly<Record<string, UserSecret>> | undefined
  /** Hook that returns the secret of a user who is missing in `users`. If the hook fails, the response is 500. */
  readonly verify?: VerifyHook | undefined
  /**
   * Called for credentials of users that are in neither `users` nor `verify`, for tokens, and for
   * requests without credentials that the rules do not allow. If the hook fails, the response is
   * 500.
   */
  readonly login?: LoginHook | undefined
  /**
   * Connections on which the server accepts tokens for `login`, in the scheme Bearer and in the
   * query: inside TLS, on all (`'always'`), or on none (`'never'`).
   * @default 'overTls'
   */
  readonly tokens?: BasicPolicy | undefined
  /**
   * Names of parameters in the query of a URI whose value is a token for `login`, such as
   * `['token']`. Credentials in a header take precedence.
   * @default []
   */
  readonly tokenParameters?: readonly string[] | undefined
  /**
   * Rights to read and publish by path. The rule with the most specific path decides, and denies
   * every action that it does not mention.
   * @default [{ path: '/*', read: 'authenticated', publish: 'authenticated' }]
   */
  readonly rules?: readonly AccessRule[] | undefined
  /**
   * Name of the protected area, as shown to users; part of every HA1.
   * @default 'rtspool'
   */
  readonly realm?: string | undefined
  /**
   * Hash algorithms that Digest is offered with, SHA-256 always first. FFmpeg, GStreamer and VLC
   * know MD5 only.
   * @default ['SHA-256', 'MD5']
   */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined
  /**
   * Connections on which Basic, a password in clear, is accepted: inside TLS, on all (`'always'`), or on none (`'never'`).
   * @default 'overTls'
   */
  readonly basic?: BasicPolicy | undefined
  /**
   * Seconds for which a nonce is valid. Afterwards clients get a new one, with `stale=true`.
   * @default 300
   */
  readonly nonceLifetime?: number | undefined
}

export const authDefaults = Object.freeze({
  realm: 'rtspool',
  algorithms: digestAlgorithms,
  basic: 'overTls',
  tokens: 'overTls',
  tokenParameters: Object.freeze([] as readonly string[]),
  nonceLifetime: 300,
  rules: Object.freeze([
    Object.freeze({ path: '/*', read: 'authenticated', publish: 'authenticated' } as const),
  ]),
} as const)

export interface ResolvedAuthOptions {
  readonly realm: string
  /**
   * Secrets by user name: HA1 of every offered algorithm, and also of SHA-256 if the option `users` contained a
   * password.
   */
  readonly users: ReadonlyMap<string, UserSecret>
  readonly verify: VerifyHook | undefined
  readonly login: LoginHook | undefined
  readonly tokens: BasicPolicy
  readonly tokenParameters: readonly string[]
  /**
   * Secret of no user, with which the server compares the credentials of unknown users, so that
   * both cases take the same time.
   */
  readonly nobody: UserSecret
  readonly rules: AccessRules
  readonly algorithms: readonly DigestAlgorithm[]
  readonly basic: BasicPolicy
  readonly nonceLifetimeMs: number
}

const msPerSecond = 1000
const maxNonceLifetime = 7 * 24 * 3600

/**
 * Checks the options of `auth` and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option and the expected value, but never a password.
 */
export function resolveAuthOptions(options: AuthOptions): ResolvedAuthOptions {
  const given: unknown = options
  if (!isRecord(given)) {
    throw new TypeError(
      `auth must be an object with users, verify or login, or false, got ${kindOf(given)}`,
    )
  }
  checkOptions('auth', options, ['users', 'verify', 'login', ...Object.keys(authDefaults)])
  const realm = checkRealm(options.realm ?? authDefaults.realm)
  const basic = checkPolicy('basic', options.basic ?? authDefaults.basic)
  const { verify, login } = options
  checkHook('verify', verify)
  checkHook('login', login)
  const algorithms = checkAlgorithms(
    options.algorithms ?? authDefaults.algorithms,
    login === undefined && basic === 'never',
  )
  if (options.users === undefined && verify === undefined && login === undefined) {
    throw new TypeError('auth must have users, verify or login: without them nobody gets in')
  }
  const users = resolveUsers(options.users ?? {}, realm, algorithms)
  const names = verify || login ? undefined : new Set(users.keys())
  return Object.freeze({
    realm,
    users,
    verify,
    login,
    tokens: checkPolicy('tokens', options.tokens ?? authDefaults.tokens),
    tokenParameters: checkParameters(options.tokenParameters ?? authDefaults.tokenParameters),
    nobody: nobodysSecret(verify !== undefined),
    rules: new AccessRules(options.rules ?? authDefaults.rules, names),
    algorithms,
    basic,
    nonceLifetimeMs: checkLifetime(options.nonceLifetime ?? authDefaults.nonceLifetime),
  })
}

function checkRealm(realm: string): string {
  if (typeof realm === 'string' && realm !== '' && !isUnsendable(realm)) return realm
  throw new TypeError(`auth.realm must be text without control characters, got ${shown(realm)}`)
}

function checkPolicy(name: 'basic' | 'tokens', policy: string): BasicPolicy {
  if (policy === 'overTls' || policy === 'always' || policy === 'never') return policy
  throw new TypeError(`auth.${name} must be 'overTls', 'always' or 'never', got ${shown(policy)}`)
}

function checkHook(name: 'verify' | 'login', hook: unknown): void {
  if (hook === undefined || typeof hook === 'function') return
  throw new TypeError(`auth.${name} must be a function, got ${typeof hook}`)
}

function checkParameters(names: readonly string[]): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && /^[\w-]+$/.test(name)
  if (Array.isArray(names) && names.every(isName)) return Object.freeze([...names])
  throw new TypeError(`auth.tokenParameters must be a list of letters, digits, _ and -`)
}

function checkAlgorithms(
  algorithms: readonly DigestAlgorithm[],
  isNeeded: boolean,
): readonly DigestAlgorithm[] {
  const isKnown = (name: string) => digestAlgorithms.some((known) => known === name)
  if (!Array.isArray(algorithms) || !algorithms.every(isKnown)) {
    throw new TypeError(
      `auth.algorithms must be some of ${digestAlgorithms.join(', ')}, got '${algorithms}'`,
    )
  }
  if (algorithms.length === 0 && isNeeded) {
    throw new TypeError('auth.algorithms must not be empty when basic is never')
  }
  return Object.freeze(digestAlgorithms.filter((known) => algorithms.includes(known)))
}

function checkLifetime(value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= maxNonceLifetime) return value * msPerSecond
  throw new RangeError(
    `auth.nonceLifetime must be more than 0 and at most ${maxNonceLifetime} seconds, got ${shown(value)}`,
  )
}
