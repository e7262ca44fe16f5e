import { createHmac, randomBytes } from 'node:crypto'
import { isSameHost } from '../../host-of.js'
import type { Authorization } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import type { UnauthorizedRequest } from '../request/request-context.js'
import type { AccessAction } from './rules.js'
import type { UserSecret } from './secrets.js'
import { namedSession, subjectOf } from './subject.js'

/** Login that the hook `login` has allowed: its user, and the source of its rights. */
export interface AllowedLogin {
  readonly user: string | undefined
  /** True if the access rules decide what the user may do, false if the hook `login` has decided. */
  readonly byRules: boolean
  /** Secret of the user, with which later Digest credentials are checked; `undefined` with other credentials. */
  readonly secret?: UserSecret | undefined
}

/** Login with which a session was created, as it is stored. */
interface KeptLogin extends AllowedLogin {
  readonly path: string | undefined
  readonly action: AccessAction | undefined
  /** HMAC of the login's credentials, for comparing them with those of later requests. */
  readonly mark: string
  /**
   * Connection on which a session was created with a token. Further requests on it need not contain
   * the token.
   */
  readonly connection: WeakRef<object> | undefined
}

/**
 * Remembers, by session, the logins that a hook has allowed. Later requests of a session thus need
 * no call of the hook. Of the credentials, only an HMAC is stored, and with Digest the secret of the user.
 */
export class SessionLogins {
  readonly #key = randomBytes(32)
  readonly #logins = new WeakMap<Session, KeptLogin>()

  /**
   * Remembers the login with which a new session was created.
   *
   * @param authorization - Credentials of the request; `undefined` without any.
   */
  note(
    session: Session,
    { user, byRules, secret }: AllowedLogin,
    authorization: Authorization | undefined,
    context: UnauthorizedRequest,
  ): void {
    const { path, actions } = subjectOf(context, user)
    const action = actions.length === 1 ? actions[0] : undefined
    const isToken = authorization?.scheme === 'Bearer'
    const connection = isToken ? new WeakRef<object>(context.connection) : undefined
    const mark = this.mark(authorization)
    const kept = authorization?.scheme === 'Digest' ? secret : undefined
    this.#logins.set(session, { user, byRules, secret: kept, path, action, mark, connection })
  }

  /**
   * Returns the login of the session that a request names. Digest credentials of the same user are found without a
   * check, and the caller must compare them with the secret of the login.
   *
   * @returns `undefined` if the hook must decide: the session, path, client or credentials differ
   * from those of the login.
   */
  find(
    context: UnauthorizedRequest,
    authorization: Authorization | undefined,
  ): AllowedLogin | undefined {
    const { request, claimant, connection } = context
    if (request.method === 'DESCRIBE' || request.method === 'ANNOUNCE') return undefined
    const session = namedSession(context)
    const kept = session && this.#logins.get(session)
    if (!kept || !isSameHost(session.owner?.address ?? '', claimant.address)) return undefined
    const isSameConnection = authorization === undefined && kept.connection?.deref() === connection
    if (!isSameConnection && kept.mark !== this.mark(authorization)) return undefined
    const { path, actions } = subjectOf(context, kept.user)
    if (path !== kept.path || !actions.some((action) => action === kept.action)) return undefined
    return kept
  }

  /** Returns an HMAC of credentials, for comparing them with others. Of Digest it covers scheme and user name alone. */
  mark(authorization: Authorization | undefined): string {
    const isDigest = authorization?.scheme === 'Digest'
    // Each Digest response is another one, and proves nothing before its check.
    const text = JSON.stringify(
      isDigest ? ['Digest', authorization.username] : (authorization ?? 'none'),
    )
    return createHmac('sha256', this.#key).update(text).digest('base64')
  }
}
