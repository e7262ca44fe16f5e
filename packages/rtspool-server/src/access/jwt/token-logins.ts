import type { Clock, LoginAnswer, LoginContext, LoginRefusal } from 'rtspool'
import { highestRole, type RoleAnswer } from '../role-answer.js'
import { sessionGroups } from '../session-groups.js'
import type { TokenKeys } from './token-keys.js'
import type { TokenOptions } from './token-options.js'

type Claims = Readonly<Record<string, unknown>>

/** Claims of a token with a right signature, its user, and its end in seconds since 1970. */
interface VerifiedLogin {
  readonly claims: Claims
  readonly user: string
  readonly expiresAt: number
}

const maxNameLength = 255

/**
 * Returns whether a text has the form of a JWT with a signature (RFC 7519, RFC 7515 section 7.1).
 */
export const isToken = (text: string | undefined): text is string =>
  text !== undefined && /^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(text)

/**
 * Decides about logins with a JWT. The claims of the token name its user and what the user may do.
 */
export class TokenLogins {
  readonly #options: TokenOptions
  readonly #clock: Clock
  #keys: Promise<TokenKeys> | undefined

  constructor(options: TokenOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Decides about a client that has sent a token; an invalid one is refused. Never throws. */
  async ask(token: string, context: LoginContext): Promise<LoginAnswer> {
    const login = await this.#verify(token)
    return 'refuse' in login ? login : this.#answerOf(login, context)
  }

  /**
   * Decides about a login to the control API with a token, whose claim names the role of the user. Of several roles,
   * the one with the most rights counts. Never throws.
   */
  async askRole(token: string): Promise<RoleAnswer> {
    const login = await this.#verify(token)
    if ('refuse' in login) return login
    const { role: name } = this.#options.claims
    const role = name === undefined ? undefined : highestRole(textsOf(login.claims[name]) ?? [])
    if (role === undefined) return { refuse: 'forbidden', why: 'the token has no role in the API' }
    const { user, expiresAt } = login
    return { user, role, expiresAt, recheckSeconds: undefined }
  }

  /** True if tokens may open the control API. */
  get opensApi(): boolean {
    return this.#options.claims.role !== undefined
  }

  /** Verifies a token, and returns its claims with its user and its end. Never throws. */
  async #verify(token: string): Promise<VerifiedLogin | LoginRefusal> {
    let claims: Claims
    try {
      claims = await (await this.#loadKeys()).verify(token)
    } catch (error) {
      const isUnavailable = error instanceof Error && error.name === 'KeysUnavailableError'
      const why = error instanceof Error ? error.message : undefined
      return { refuse: isUnavailable ? 'unavailable' : 'wrong', why }
    }
    const { claims: names, clockToleranceSeconds } = this.#options
    const user = claims[names.user]
    if (typeof user !== 'string' || user === '' || user.length > maxNameLength) {
      return { refuse: 'wrong', why: `the token names no user in ${names.user}` }
    }
    return { claims, user, expiresAt: Number(claims.exp) + clockToleranceSeconds }
  }

  /** Closes the connection to the server of the JWT keys, after the request under way. */
  async close(): Promise<void> {
    // Keys that could not be loaded have no connection.
    const keys = await this.#keys?.catch(() => undefined)
    keys?.close()
  }

  /** Loads the code that checks signatures, when the first token arrives. */
  #loadKeys(): Promise<TokenKeys> {
    this.#keys ??= import('./token-keys.js').then(
      ({ TokenKeys }) => new TokenKeys(this.#options, this.#clock),
    )
    return this.#keys
  }

  #answerOf({ claims, user, expiresAt }: VerifiedLogin, asked: LoginContext): LoginAnswer {
    const { path, action } = asked
    const { claims: names } = this.#options
    const given = names.groups === undefined ? undefined : claims[names.groups]
    const { data: groups, success } = sessionGroups.optional().safeParse(given)
    if (!success) return { refuse: 'wrong', why: `the token has no groups in ${names.groups}` }
    const grant = { user, expiresAt, ...(groups === undefined ? {} : { groups }) }
    const paths = textsOf(claims[names.paths])
    if (paths === undefined) return { ...grant, byRules: true }
    const actions = textsOf(claims[names.actions]) ?? ['read']
    const isAllowed = paths.some((pattern) => isIn(pattern, path)) && actions.includes(action)
    return isAllowed ? grant : { refuse: 'forbidden', why: 'the token does not allow it' }
  }
}

/**
 * Returns the values of a JWT claim that is a list of texts, or one text with spaces between the values. The result is
 * `undefined` without the claim, and empty for a claim of another type.
 */
function textsOf(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return undefined
  if (typeof claim === 'string') return claim.split(' ').filter(Boolean)
  return Array.isArray(claim) ? claim.filter((text) => typeof text === 'string') : []
}

/**
 * Returns whether a pattern of paths in a JWT allows a path: the same path, or one below a pattern that ends in `/*`.
 * True for a request without a path.
 */
function isIn(pattern: string, path: string | undefined): boolean {
  if (path === undefined) return true
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}
