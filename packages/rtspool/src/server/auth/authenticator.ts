import { randomInt } from 'node:crypto'
import type { Clock } from '../../clock.js'
import type { DigestAuthorization } from '../../rtsp/index.js'
import type { Authorization, Authorizer, Reply, UnauthorizedRequest } from '../request-context.js'
import { sessionNotFound } from '../session-presentation.js'
import { AttemptLimiter } from './attempt-limiter.js'
import { type AuthRefusalReason, AuthStatsCounter, type RtspServerAuthStats } from './auth-stats.js'
import { challenge } from './challenges.js'
import { areRight, type CheckableCredentials, receivedCredentials } from './credentials.js'
import { isSameUri } from './digest-uri.js'
import { Nonces } from './nonces.js'
import type { ResolvedAuthOptions, VerifyContext } from './options.js'
import type { AccessContext } from './rules.js'
import { type RequestSubject, subjectOf } from './subject.js'

/** A request that was not let in, for whoever wants to know. Nothing of its credentials but the name. */
export interface AccessRefusal extends AccessContext {
  readonly reason: AuthRefusalReason
  readonly method: string
}

const randomSteps = 2 ** 16

/**
 * Decides who asks, and whether they may: the user of the credentials, then the rules.
 *
 * | the request has | answer |
 * | --- | --- |
 * | no credentials, and needs them | 401 |
 * | credentials that cannot be read, or of a kind that is not offered | 401 |
 * | wrong credentials | 401, late |
 * | right credentials, for another URI | 401 |
 * | right credentials, with a nonce that is too old, not ours, or was used with this count | 401 with `stale=true` |
 * | right credentials of a user who may not do this | 403 |
 *
 * Only wrong credentials are attempts in the sense of {@link AttemptLimiter}.
 */
export class Authenticator implements Authorizer {
  readonly #options: ResolvedAuthOptions
  readonly #clock: Clock
  readonly #nonces: Nonces
  readonly #limiter: AttemptLimiter
  readonly #stats = new AuthStatsCounter()
  readonly #onRefused: (refusal: AccessRefusal) => void
  /** The last user of a connection: who has proved to be that one cannot guess their own password. */
  readonly #proved = new WeakMap<object, string>()

  constructor(
    options: ResolvedAuthOptions,
    clock: Clock,
    onRefused: (refusal: AccessRefusal) => void,
  ) {
    this.#options = options
    this.#clock = clock
    this.#nonces = new Nonces(options.nonceLifetimeMs)
    this.#limiter = new AttemptLimiter(clock)
    this.#onRefused = onRefused
  }

  stats(): RtspServerAuthStats {
    return this.#stats.snapshot(this.#limiter.waiting)
  }

  /** Nobody waits any more. */
  close(): void {
    this.#limiter.close()
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
    const isLimited = this.#proved.get(connection) !== authorization.username
    if (isLimited) await this.#takeAttempt(request)
    let isWrong = false
    try {
      isWrong = !(await areRight(credentials, this.#options, request.request.method, () =>
        verifyContext(credentials, request, access, this.#options),
      ))
    } finally {
      if (isLimited && !isWrong) this.#limiter.giveBack(connection.remoteAddress)
    }
    if (isWrong) {
      const random = randomInt(randomSteps) / randomSteps
      await this.#limiter.holdBack(connection.remoteAddress, random, () => connection.closeSignal)
      return 'wrong'
    }
    this.#proved.set(connection, authorization.username)
    return authorization.scheme === 'Digest' ? this.#checkUse(authorization, request) : undefined
  }

  async #takeAttempt({ connection }: UnauthorizedRequest): Promise<void> {
    const turn = this.#limiter.take(connection.remoteAddress, () => connection.closeSignal)
    // Nobody hears this: the connection has been closed.
    if (turn && !(await turn)) throw sessionNotFound()
  }

  /** Whether right credentials are for this request, and for this one only. */
  #checkUse(
    authorization: DigestAuthorization,
    { request, target, connection: { remoteAddress } }: UnauthorizedRequest,
  ): AuthRefusalReason | undefined {
    const { uri, nonce, nc } = authorization
    if (!isSameUri(uri, request.uri, target)) return 'otherUri'
    const now = this.#clock.now()
    if (!this.#nonces.isFresh(nonce, remoteAddress, now)) return 'stale'
    const isNew = nc === undefined || this.#nonces.use(nonce, Number.parseInt(nc, 16), now)
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
    const nonce = this.#nonces.issue(request.connection.remoteAddress, this.#clock.now())
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
