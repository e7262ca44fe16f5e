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
import { sessionNotFound } from '../request/session-presentation.js'
import { AttemptLimiter, attemptLimits } from './attempt-limiter.js'
import type { ResolvedAuthOptions, VerifyContext } from './auth-options.js'
import { type AuthRefusalReason, AuthStatsCounter, type RtspServerAuthStats } from './auth-stats.js'
import { challenge } from './challenges.js'
import { areRight, type CheckableCredentials, receivedCredentials } from './credentials.js'
import { isSameUri } from './digest-uri.js'
import { Nonces } from './nonces.js'
import { RecentLogins } from './recent-logins.js'
import type { AccessContext } from './rules.js'
import { type RequestSubject, subjectOf } from './subject.js'

/** A request that was not let in, for whoever wants to know. Nothing of its credentials but the name. */
export interface AccessRefusal extends AccessContext {
  readonly reason: AuthRefusalReason
  readonly method: string
}

const randomSteps = 2 ** 16
/** More than guessers who are all there at once, so that one who is right and comes behind them need not wait. */
const regularBurst = 128

/** Whose attempts a check of credentials is one of. */
interface AttemptSource {
  readonly limiter: AttemptLimiter
  readonly key: string
}

/**
 * Decides who asks, and whether they may: the user of the credentials, then the rules.
 *
 * | the request has | answer |
 * | --- | --- |
 * | no credentials, and needs them | 401 |
 * | credentials that cannot be read, or of a kind that is not offered | 401 |
 * | wrong credentials | 401, late |
 * | right credentials, for another URI | 401 |
 * | right credentials, with a nonce that is too old, not ours, was used with this count, or has none and is another connection's | 401 with `stale=true` |
 * | right credentials of a user who may not do this | 403 |
 *
 * Only wrong credentials are attempts in the sense of {@link AttemptLimiter}.
 */
export class Authenticator implements Authorizer {
  readonly #options: ResolvedAuthOptions
  readonly #clock: Clock
  readonly #nonces: Nonces
  readonly #limiter: AttemptLimiter
  /** Of users who have logged in lately, each by host and user. */
  readonly #regulars: AttemptLimiter
  readonly #stats = new AuthStatsCounter()
  readonly #onRefused: (refusal: AccessRefusal) => void
  /** The last user of a connection: who has proved to be that one cannot guess their own password. */
  readonly #proved = new WeakMap<object, string>()
  /** Connections that have guessed. */
  readonly #guessing = new WeakSet<object>()
  readonly #recent = new RecentLogins()

  constructor(
    options: ResolvedAuthOptions,
    clock: Clock,
    onRefused: (refusal: AccessRefusal) => void,
  ) {
    this.#options = options
    this.#clock = clock
    this.#nonces = new Nonces(options.nonceLifetimeMs)
    this.#limiter = new AttemptLimiter(clock)
    this.#regulars = new AttemptLimiter(clock, { ...attemptLimits, burst: regularBurst })
    this.#onRefused = onRefused
  }

  stats(): RtspServerAuthStats {
    return this.#stats.snapshot(this.#limiter.waiting + this.#regulars.waiting)
  }

  /** Nobody waits any more. */
  close(): void {
    this.#limiter.close()
    this.#regulars.close()
  }

  async authorize(request: UnauthorizedRequest): Promise<Authorization> {
    // Clients expect an answer before they know that there is something to log in to.
    const { method, headers } = request.request
    if (method === 'OPTIONS' && !headers.has('Session')) return { user: undefined }
    const received = receivedCredentials(
      request.request,
      this.#options,
      this.#isBasicTaken(request),
    )
    const claimed = typeof received === 'string' ? undefined : received.authorization.username
    const subject = subjectOf(request, claimed)
    const access = accessOf(request, subject, claimed)
    if (typeof received === 'string' && received !== 'missing') {
      return this.#refuse(received, request, access)
    }
    if (received !== 'missing') {
      const reason = await this.#check(received, request, access)
      if (reason) return this.#refuse(reason, request, access)
    }
    if (await this.#options.rules.allows({ context: access, actions: subject.actions })) {
      this.#stats.accepted++
      return { user: claimed }
    }
    return this.#refuse(claimed === undefined ? 'missing' : 'forbidden', request, access)
  }

  #isBasicTaken({ connection }: UnauthorizedRequest): boolean {
    const { basic } = this.#options
    return basic === 'always' || (basic === 'overTls' && connection.isSecure)
  }

  /** @returns What is wrong with the credentials, if something is. */
  async #check(
    credentials: CheckableCredentials,
    request: UnauthorizedRequest,
    access: AccessContext,
  ): Promise<AuthRefusalReason | undefined> {
    const { authorization } = credentials
    const { connection } = request
    const source = this.#sourceOf(credentials, connection)
    if (source) await this.#takeAttempt(source, request)
    let isWrong = false
    try {
      isWrong = !(await areRight(credentials, this.#options, request.request.method, () =>
        verifyContext(credentials, request, access, this.#options),
      ))
    } finally {
      if (source && !isWrong) source.limiter.giveBack(source.key)
    }
    if (isWrong) {
      this.#guessing.add(connection)
      const random = randomInt(randomSteps) / randomSteps
      const { limiter, key } = source ?? this.#hostOf(connection)
      await limiter.holdBack(key, random, () => connection.closeSignal)
      return 'wrong'
    }
    this.#noteLogin(authorization, connection)
    return authorization.scheme === 'Digest' ? this.#checkUse(authorization, request) : undefined
  }

  /**
   * Whose attempts a check is one of: those of the host. A user who has logged in from there lately, on a connection
   * that has not guessed, has attempts apart from these, and does not stand in line behind guesses.
   *
   * @returns `undefined` for who cannot guess: the user of the connection, or of a nonce that only this user knows.
   */
  #sourceOf(
    { authorization }: CheckableCredentials,
    connection: UnauthorizedRequest['connection'],
  ): AttemptSource | undefined {
    const { username } = authorization
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

  #hostOf({ remoteAddress }: UnauthorizedRequest['connection']): AttemptSource {
    return { limiter: this.#limiter, key: remoteAddress }
  }

  #noteLogin(authorization: Credentials, connection: UnauthorizedRequest['connection']): void {
    const { username } = authorization
    const nonce = authorization.scheme === 'Digest' ? authorization.nonce : undefined
    if (this.#proved.get(connection) === username) return
    this.#proved.set(connection, username)
    this.#recent.note(connection.remoteAddress, username, nonce, this.#clock.now())
  }

  async #takeAttempt(
    { limiter, key }: AttemptSource,
    { connection }: UnauthorizedRequest,
  ): Promise<void> {
    const turn = limiter.take(key, () => connection.closeSignal)
    // Nobody hears this: the connection has been closed.
    if (turn && !(await turn)) throw sessionNotFound()
  }

  /** Whether right credentials are for this request, and for this one only. */
  #checkUse(
    authorization: DigestAuthorization,
    { request, target, connection }: UnauthorizedRequest,
  ): AuthRefusalReason | undefined {
    const { uri, nonce, nc } = authorization
    if (!isSameUri(uri, request.uri, target)) return 'otherUri'
    const now = this.#clock.now()
    if (!this.#nonces.isFresh(nonce, connection.remoteAddress, now)) return 'stale'
    const isNew =
      nc === undefined
        ? this.#nonces.isOf(nonce, connection)
        : this.#nonces.use(nonce, Number.parseInt(nc, 16), now)
    return isNew ? undefined : 'stale'
  }

  #refuse(
    reason: AuthRefusalReason,
    request: UnauthorizedRequest,
    access: AccessContext,
  ): { readonly refusal: Reply } {
    this.#stats.refused[reason]++
    this.#onRefused({ ...access, reason, method: request.request.method })
    if (reason === 'forbidden') return { refusal: { statusCode: 403 } }
    const { connection } = request
    const nonce = this.#nonces.issue(connection.remoteAddress, this.#clock.now(), connection)
    const isBasicOffered = this.#isBasicTaken(request)
    return { refusal: challenge(this.#options, nonce, reason === 'stale', isBasicOffered) }
  }
}

function accessOf(
  { claimant: { address } }: UnauthorizedRequest,
  { path, actions }: RequestSubject,
  user: string | undefined,
): AccessContext {
  return { user, path, address, action: actions.length === 1 ? actions[0] : undefined }
}

function verifyContext(
  { authorization }: CheckableCredentials,
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
    // Made for those only who ask for it.
    get signal() {
      return connection.closeSignal
    },
  }
}
