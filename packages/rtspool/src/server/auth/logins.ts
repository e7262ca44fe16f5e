import { RequestError } from '../../errors.js'
import type { Authorization } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import { requiresBackChannel } from '../request/back-channel-tag.js'
import type { Login, UnauthorizedRequest } from '../request/request-context.js'
import type { ResolvedAuthOptions } from './auth-options.js'
import type { AuthRefusalReason } from './auth-stats.js'
import { isGrant, type LoginGrant } from './login-hook.js'
import { askLogin, loginQuestion, userIn } from './login-question.js'
import type { Rechecks } from './rechecks.js'
import { SessionLogins } from './session-logins.js'
import { accessOf, subjectOf } from './subject.js'

/** Reason to refuse a request, and its explanation. */
export interface Refusal {
  readonly refuse: AuthRefusalReason
  /** Explanation of the refusal by the hook `login`, for the operator; `undefined` = none. */
  readonly why?: string | undefined
}

/** Login that the access rules or the hook `login` allow. */
export interface DecidedLogin extends Omit<Login, 'talkRefusal'> {
  /** Returns the reason to refuse the client a back channel, over which it would speak; `undefined` if it may speak. */
  readonly refuseTalk: () => Promise<Refusal | undefined>
}

/** Result of a decision: a login, or the reason to refuse the request. */
export type LoginOrRefusal = DecidedLogin | Refusal

/**
 * Decides what a client with right credentials may do: by the access rules, or by the hook `login`.
 */
export class Logins {
  #options: ResolvedAuthOptions
  readonly #rechecks: Rechecks
  #ofSessions = new SessionLogins()
  /**
   * Connections on which a client has logged in with a token. A SETUP without the token on such a connection gets
   * 404.
   */
  #tokenConnections = new WeakSet<object>()

  constructor(options: ResolvedAuthOptions, rechecks: Rechecks) {
    this.#options = options
    this.#rechecks = rechecks
  }

  /**
   * Applies other options of authentication from now on. Sessions keep the logins that the hook `login` has allowed,
   * unless the new options have another hook.
   */
  update(options: ResolvedAuthOptions): void {
    if (options.login !== this.#options.login) {
      this.#ofSessions = new SessionLogins()
      this.#tokenConnections = new WeakSet()
    }
    this.#options = options
  }

  /**
   * Decides about a request of a session by the login with which the session was created; see
   * {@link SessionLogins.find}. The hook is not called again, but the rules are applied, because
   * they may have changed.
   *
   * @returns `undefined` if the hook must decide, and for Digest credentials, which must be checked first.
   */
  async ofSession(
    request: UnauthorizedRequest,
    authorization: Authorization | undefined,
  ): Promise<LoginOrRefusal | undefined> {
    if (authorization?.scheme === 'Digest') return undefined
    const kept = this.#ofSessions.find(request, authorization)
    if (kept?.byRules) return this.#byRules(kept.user, request)
    return kept && this.#byHook(kept.user, authorization, request)
  }

  /**
   * Returns the answer of the hook with which the session of a request was created by Digest. The caller must check the
   * credentials with its secret.
   *
   * @returns `undefined` if the hook must decide, or the credentials are not those of Digest.
   */
  grantOfSession(
    request: UnauthorizedRequest,
    authorization: Authorization,
  ): LoginGrant | undefined {
    if (authorization.scheme !== 'Digest') return undefined
    const kept = this.#ofSessions.find(request, authorization)
    if (kept?.secret === undefined) return undefined
    const { user, byRules, secret } = kept
    return { user, byRules, secret }
  }

  /** Decides about a request without credentials: by the rules, or else by the hook `login`. */
  async ofNobody(request: UnauthorizedRequest): Promise<LoginOrRefusal> {
    const { login: hook } = this.#options
    const kept = await this.ofSession(request, undefined)
    if (kept) return kept
    this.#checkResolvedControl(request)
    const byRules = await this.#byRules(undefined, request)
    if (!('refuse' in byRules) || !hook) return byRules
    const answer = await askLogin(hook, undefined, request)
    if (isGrant(answer)) return this.of(answer, undefined, request)
    // The client may log in: other refusals of the hook are not final.
    return answer?.refuse === 'unavailable' ? answer : byRules
  }

  /**
   * Decides about a request with right credentials.
   *
   * @param grant - Answer of the hook `login`; `undefined` for a user of the option `users` or the
   * hook `verify`.
   */
  async of(
    grant: LoginGrant | undefined,
    authorization: Authorization | undefined,
    request: UnauthorizedRequest,
  ): Promise<LoginOrRefusal> {
    if (!grant) return this.#byRules(authorization && userIn(authorization), request)
    if (authorization?.scheme === 'Bearer') this.#tokenConnections.add(request.connection)
    const { user, secret, byRules = false, expiresAt, groups, maxSessionsPerUser } = grant
    const login = byRules
      ? await this.#byRules(user, request)
      : this.#byHook(user, authorization, request)
    if ('refuse' in login) return login
    const onSession = (session: Session): void => {
      this.#ofSessions.note(session, { user, byRules, secret }, authorization, request)
      if (grant.recheckSeconds === undefined) return
      const claimed = authorization && userIn(authorization)
      const question = loginQuestion(authorization, request, user)
      this.#rechecks.add(session, { ...question, user: claimed }, grant)
    }
    return { ...login, expiresAt, groups, maxSessionsPerUser, onSession }
  }

  /** Returns the HMAC of credentials, for comparing them later; see {@link SessionLogins.mark}. */
  mark(authorization: Authorization): string {
    return this.#ofSessions.mark(authorization)
  }

  /**
   * Checks the URI of a SETUP that has lost its token. GStreamer 1.22 resolves the control URI
   * `trackID=0` of `/cam?token=…` to `/trackID=0`, and after a 404 appends it to the base instead.
   *
   * @throws {RequestError} `ERR_NOT_FOUND` on a connection on which a token has logged in.
   */
  #checkResolvedControl({ request, connection, server, target }: UnauthorizedRequest): void {
    if (request.method !== 'SETUP' || target?.query !== undefined) return
    if (!this.#tokenConnections.has(connection) || connection.publication) return
    if (!target || server.mounts.match(target.path) !== undefined) return
    throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${target.path}`)
  }

  /**
   * Returns the login of a user whom the hook `login` allows. Another call of the hook decides about the right to
   * speak over a back channel.
   */
  #byHook(
    user: string | undefined,
    authorization: Authorization | undefined,
    request: UnauthorizedRequest,
  ): DecidedLogin {
    const refuseTalk = async (): Promise<Refusal | undefined> => {
      const { login } = this.#options
      const answer = login && (await askLogin(login, authorization, request, 'talk'))
      if (isGrant(answer)) return undefined
      if (answer?.refuse === 'unavailable') return answer
      return { refuse: talkReason(authorization, request), why: answer?.why }
    }
    return { user, refuseTalk }
  }

  /**
   * Decides by the access rules whether a request is allowed. @param user - User of the request; `undefined` without
   * login.
   */
  async #byRules(user: string | undefined, request: UnauthorizedRequest): Promise<LoginOrRefusal> {
    const { rules } = this.#options
    const subject = subjectOf(request, user)
    const context = accessOf(request, subject, user)
    if (!(await rules.allows({ context, actions: subject.actions }))) {
      return { refuse: user === undefined ? 'missing' : 'forbidden' }
    }
    const refuseTalk = async (): Promise<Refusal | undefined> =>
      (await rules.allowsTalk(context)) ? undefined : { refuse: talkReason(user, request) }
    return { user, refuseTalk }
  }
}

/**
 * Returns the reason to refuse the right to speak over a back channel. The client is first checked
 * without a login, as for other requests.
 *
 * @param claim - Credentials or user of the request; `undefined` without any.
 */
const talkReason = (
  claim: Authorization | string | undefined,
  { request }: UnauthorizedRequest,
): 'missing' | 'forbidden' =>
  claim === undefined && requiresBackChannel(request) ? 'missing' : 'forbidden'
