import { randomInt } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import type { Authorization as Credentials, DigestAuthorization } from '../../rtsp/index.js'
import type {
  Authorization,
  Authorizer,
  Reply,
  UnauthorizedRequest,
} from '../request/request-context.js'
import { AttemptLimiter, attemptLimits } from './attempt-limiter.js'
import type { BasicPolicy, ResolvedAuthOptions, VerifyContext } from './auth-options.js'
import { type AuthRefusalReason, AuthStatsCounter, type RtspServerAuthStats } from './auth-stats.js'
import { challenge, type OfferedSchemes } from './challenges.js'
import {
  areRight,
  type CheckableCredentials,
  isDigestOf,
  type PasswordAuthorization,
  receivedCredentials,
} from './credentials.js'
import { isSameUri } from './digest-uri.js'
import { isGrant, type LoginAnswer, type LoginGrant } from './login-hook.js'
import { askLogin, userIn } from './login-question.js'
import { type LoginOrRefusal, Logins, type Refusal } from './logins.js'
import { Nonces } from './nonces.js'
import { RecentLogins } from './recent-logins.js'
import { Rechecks } from './rechecks.js'
import type { AccessContext, AccessRight } from './rules.js'
import { accessOf, subjectOf } from './subject.js'

/**
 * A request that authentication has refused. Of the credentials, the object contains the user name
 * only.
 */
export interface AccessRefusal extends AccessContext {
  readonly reason: AuthRefusalReason
  /** Method of the request; `recheck` if the hook `login` failed when asked again about a session. */
  readonly method: string
  /** Public id of the connection of the request. */
  readonly connectionId: string
  /** Explanation of the refusal by the hook `login`, for the operator; `undefined` = none. */
  readonly why?: string | undefined
}

const randomSteps = 2 ** 16
/**
 * Number of wrong attempts in a row that are allowed to a user who has logged in lately. The number
 * is large, because others who guess this user's password use up the same attempts.
 */
const regularBurst = 128

const nobody: Authorization = Object.freeze({
  user: undefined,
  // OPTIONS sets up nothing.
  talkRefusal: async () => ({ statusCode: 403 }),
})

/**
 * Counter from which a check of credentials takes one attempt: the limiter that contains the counter, and the
 * counter's key in it.
 */
interface AttemptSource {
  readonly limiter: AttemptLimiter
  readonly key: string
}

/**
 * Decides whether a request is allowed: authenticates its user, then applies the rules.
 *
 * | the request has | response |
 * | --- | --- |
 * | no credentials, although they are needed | 401 |
 * | malformed credentials, or a scheme that is not offered | 401 |
 * | wrong credentials | 401, late |
 * | right credentials, for another URI | 401 |
 * | right credentials, but a nonce that has expired, was not issued by this server or was used with this count | 401 with `stale=true` |
 * | right credentials without a count, and a nonce of another connection | 401 with `stale=true` |
 * | right credentials of a user who may not do this | 403 |
 * | credentials that the hook `login` could not check | 503 |
 *
 * Only wrong credentials use up attempts of the {@link AttemptLimiter}.
 */
export class Authenticator implements Authorizer {
  #options: ResolvedAuthOptions
  readonly #clock: Clock
  readonly #nonces: Nonces
  readonly #limiter: AttemptLimiter
  /** Limits the wrong attempts of users who have logged in lately, counted by host and user. */
  readonly #regulars: AttemptLimiter
  readonly #stats = new AuthStatsCounter()
  readonly #onRefused: (refusal: AccessRefusal) => void
  /**
   * User who logged in last on each connection. This user knows the password, so wrong attempts of
   * others do not delay the user.
   */
  #proved = new WeakMap<object, string>()
  /**
   * Connections that have sent wrong credentials. Their further attempts count for the host, even if the user has
   * logged in lately.
   */
  readonly #guessing = new WeakSet<object>()
  #recent = new RecentLogins()
  readonly #rechecks: Rechecks
  readonly #logins: Logins
  #isRetired = false

  constructor(
    options: ResolvedAuthOptions,
    clock: Clock,
    onRefused: (refusal: AccessRefusal) => void,
  ) {
    this.#options = options
    this.#rechecks = new Rechecks(
      clock,
      () => this.#options.login,
      (refusal) => {
        this.#stats.refused.unavailable++
        onRefused(refusal)
      },
    )
    this.#logins = new Logins(options, this.#rechecks)
    this.#clock = clock
    this.#nonces = new Nonces(options.nonceLifetimeMs)
    this.#limiter = new AttemptLimiter(clock)
    this.#regulars = new AttemptLimiter(clock, { ...attemptLimits, burst: regularBurst })
    this.#onRefused = onRefused
  }

  /**
   * Applies other options to all requests from now on, and forgets recent logins. Sessions that the
   * hook `login` has allowed keep their logins unless the hook is replaced.
   */
  update(options: ResolvedAuthOptions): void {
    this.#options = options
    this.#nonces.lifetimeMs = options.nonceLifetimeMs
    this.#proved = new WeakMap()
    this.#recent = new RecentLogins()
    this.#logins.update(options)
  }

  stats(): RtspServerAuthStats {
    return this.#stats.snapshot(this.#limiter.waiting + this.#regulars.waiting)
  }

  /**
   * Ends the waits of all requests without a decision, because the server no longer uses this
   * authenticator.
   */
  retire(): void {
    this.#isRetired = true
    this.close()
  }

  /**
   * Ends the waits of all requests, and stops all rechecks of sessions, because the server closes.
   */
  close(): void {
    this.#limiter.close()
    this.#regulars.close()
    this.#rechecks.close()
  }

  async authorize(request: UnauthorizedRequest): Promise<Authorization | undefined> {
    // Clients expect a response to these before they know that a login is needed.
    const { method, headers } = request.request
    if (method === 'OPTIONS' && !headers.has('Session')) return nobody
    const query = request.target?.query
    const offered = this.#offeredOn(request.connection)
    const received = receivedCredentials(request.request, query, this.#options, offered)
    if (received === 'missing') {
      return this.#answer(await this.#logins.ofNobody(request), request)
    }
    if (typeof received === 'string') {
      return this.#refuse({ refuse: received }, request, undefined)
    }
    const { authorization } = received
    const kept = await this.#logins.ofSession(request, authorization)
    if (kept) return this.#answer(kept, request)
    const claimed = userIn(authorization)
    const access = accessOf(request, subjectOf(request, claimed), claimed)
    const verdict = await this.#check(received, request, access)
    if (verdict === 'brokenOff') return undefined
    if (verdict && 'refuse' in verdict) return this.#refuse(verdict, request, claimed)
    const user = verdict ? verdict.user : claimed
    return this.#answer(await this.#logins.of(verdict, authorization, request), request, user)
  }

  /** Converts the result of a decision: to a login, or to the response that refuses the request. */
  #answer(login: LoginOrRefusal, request: UnauthorizedRequest, user?: string): Authorization {
    if ('refuse' in login) return this.#refuse(login, request, user)
    this.#stats.accepted++
    const { refuseTalk, expiresAt, groups, maxSessionsPerUser, onSession } = login
    const talkRefusal = async (): Promise<Reply | undefined> => {
      const refusal = await refuseTalk()
      return refusal && this.#refuse(refusal, request, login.user, 'talk').refusal
    }
    return { user: login.user, talkRefusal, expiresAt, groups, maxSessionsPerUser, onSession }
  }

  #offeredOn({ isSecure }: UnauthorizedRequest['connection']): OfferedSchemes {
    const { basic, tokens, login } = this.#options
    const isOn = (policy: BasicPolicy): boolean =>
      policy === 'always' || (policy === 'overTls' && isSecure)
    return { basic: isOn(basic), tokens: login !== undefined && isOn(tokens) }
  }

  /**
   * Checks the credentials of a request, possibly after a wait.
   *
   * @returns The reason to refuse them; `undefined` if they are right; the answer of the hook
   * `login` if it allows them; `brokenOff` if a wait has ended early, before a decision.
   */
  async #check(
    credentials: CheckableCredentials,
    request: UnauthorizedRequest,
    access: AccessContext,
  ): Promise<Refusal | 'brokenOff' | LoginGrant | undefined> {
    const { authorization } = credentials
    const { connection } = request
    const source = this.#sourceOf(credentials, connection)
    if (source && !(await this.#takeAttempt(source, request))) return 'brokenOff'
    let verdict: LoginAnswer
    let isWrong = false
    try {
      verdict = await this.#verdict(credentials, request, access)
      isWrong = !isGrant(verdict) && verdict?.refuse === 'wrong'
    } finally {
      if (source && !isWrong) source.limiter.giveBack(source.key)
    }
    if (isWrong) {
      this.#guessing.add(connection)
      const random = randomInt(randomSteps) / randomSteps
      const { limiter, key } = source ?? this.#hostOf(connection)
      await limiter.holdBack(key, random, () => connection.closeSignal)
      // A guess counts even if its connection has closed meanwhile.
      return this.#isRetired ? 'brokenOff' : (verdict as Refusal)
    }
    if (verdict && !isGrant(verdict)) return verdict
    this.#noteLogin(authorization, connection)
    const isDigest = authorization.scheme === 'Digest'
    return (isDigest ? this.#checkUse(authorization, request) : undefined) ?? verdict
  }

  /**
   * Compares credentials with the secret of their user, or else asks the hook `login`. Digest is compared with the
   * secret in the answer.
   *
   * @returns `undefined` if the secret matches; otherwise the reason to refuse them, or the answer of the hook.
   */
  async #verdict(
    credentials: CheckableCredentials,
    request: UnauthorizedRequest,
    access: AccessContext,
  ): Promise<LoginAnswer> {
    const { authorization } = credentials
    const { login } = this.#options
    const { method } = request.request
    const isRight = await areRight(credentials, this.#options, method, (claim) =>
      verifyContext(claim, request, access, this.#options),
    )
    if (isRight !== undefined) return isRight ? undefined : { refuse: 'wrong' }
    const answer =
      this.#logins.grantOfSession(request, authorization) ??
      (login && (await askLogin(login, authorization, request)))
    if (authorization.scheme !== 'Digest' || !isGrant(answer)) return answer ?? { refuse: 'wrong' }
    const isProved = isDigestOf(authorization, answer.secret, this.#options, method)
    return isProved ? answer : { refuse: 'wrong' }
  }

  /**
   * Returns the counter that a check of credentials uses up: normally that of the host. A user who
   * has logged in from the host lately has a separate counter, unless the connection has sent wrong
   * credentials. Such a user does not wait behind others who guess.
   *
   * @returns `undefined` for a user who cannot be guessing: the one who has logged in on this
   *   connection, or one with a nonce that nobody else knows.
   */
  #sourceOf(
    { authorization }: CheckableCredentials,
    connection: UnauthorizedRequest['connection'],
  ): AttemptSource | undefined {
    const username = this.#proofOf(authorization)
    const { remoteAddress } = connection
    if (this.#proved.get(connection) === username) return undefined
    const now = this.#clock.now()
    if (!this.#recent.has(remoteAddress, username, now)) return this.#hostOf(connection)
    const isOwnNonce =
      authorization.scheme === 'Digest' &&
      this.#nonces.isFresh(authorization.nonce, remoteAddress, now) &&
      this.#recent.hasNonce(remoteAddress, username, authorization.nonce, now)
    if (isOwnNonce) return undefined
    if (this.#guessing.has(connection)) return this.#hostOf(connection)
    return { limiter: this.#regulars, key: `${hostOf(remoteAddress)} ${username}` }
  }

  /**
   * Returns the key under which attempts with the same credentials are counted: the user name of a password, or a
   * hash of a token.
   */
  #proofOf(authorization: Credentials): string {
    return userIn(authorization) ?? this.#logins.mark(authorization)
  }

  #hostOf({ remoteAddress }: UnauthorizedRequest['connection']): AttemptSource {
    return { limiter: this.#limiter, key: remoteAddress }
  }

  #noteLogin(authorization: Credentials, connection: UnauthorizedRequest['connection']): void {
    const username = this.#proofOf(authorization)
    const nonce = authorization.scheme === 'Digest' ? authorization.nonce : undefined
    if (this.#proved.get(connection) === username) return
    this.#proved.set(connection, username)
    this.#recent.note(connection.remoteAddress, username, nonce, this.#clock.now())
  }

  /** Waits until the host may try credentials again. @returns `false` if the wait was aborted. */
  async #takeAttempt(
    { limiter, key }: AttemptSource,
    { connection }: UnauthorizedRequest,
  ): Promise<boolean> {
    return (await limiter.take(key, () => connection.closeSignal)) ?? true
  }

  /**
   * Returns the reason to refuse credentials with the right password that belong to another request
   * (URI, nonce), or have been used before.
   */
  #checkUse(
    authorization: DigestAuthorization,
    { request, target, connection }: UnauthorizedRequest,
  ): Refusal | undefined {
    const { uri, nonce, nc } = authorization
    if (!isSameUri(uri, request.uri, target)) return { refuse: 'otherUri' }
    const now = this.#clock.now()
    if (!this.#nonces.isFresh(nonce, connection.remoteAddress, now)) {
      return { refuse: 'stale' }
    }
    const isNew =
      nc === undefined
        ? this.#nonces.isOf(nonce, connection)
        : this.#nonces.use(nonce, Number.parseInt(nc, 16), now)
    return isNew ? undefined : { refuse: 'stale' }
  }

  #refuse(
    { refuse: reason, why }: Refusal,
    request: UnauthorizedRequest,
    user: string | undefined,
    right?: AccessRight,
  ): { readonly refusal: Reply } {
    this.#stats.refused[reason]++
    const asked = accessOf(request, subjectOf(request, user), user)
    const access = right === undefined ? asked : { ...asked, action: right }
    const { method } = request.request
    const { publicId: connectionId } = request.connection
    const facts = { reason, method, connectionId }
    this.#onRefused({ ...access, ...facts, ...(why === undefined ? {} : { why }) })
    if (reason === 'forbidden') return { refusal: { statusCode: 403 } }
    if (reason === 'unavailable') return { refusal: { statusCode: 503 } }
    const { connection } = request
    const nonce = this.#nonces.issue(connection.remoteAddress, this.#clock.now(), connection)
    const offered = this.#offeredOn(connection)
    return { refusal: challenge(this.#options, nonce, reason === 'stale', offered) }
  }
}

function verifyContext(
  authorization: PasswordAuthorization,
  { request, connection }: UnauthorizedRequest,
  access: AccessContext,
  { realm }: ResolvedAuthOptions,
): VerifyContext {
  return {
    ...access,
    user: authorization.username,
    method: request.method,
    scheme: authorization.scheme,
    password: authorization.scheme === 'Basic' ? authorization.password : undefined,
    realm,
    request,
    // Created on demand.
    get signal() {
      return connection.closeSignal
    },
  }
}
