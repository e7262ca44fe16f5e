import { createHmac, randomBytes } from 'node:crypto'
import { isSameHost } from '../../host-of.js'
import type { Authorization } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import type { UnauthorizedRequest } from '../request/request-context.js'
import type { AccessAction } from './rules.js'
import { namedSession, subjectOf } from './subject.js'

/** A login that a hook has allowed. */
export interface AllowedLogin {
  readonly user: string | undefined
  /** True if the rules decide what the user may do. */
  readonly byRules: boolean
}

/** Login with which a session was created. */
interface KeptLogin extends AllowedLogin {
  readonly path: string | undefined
  readonly action: AccessAction | undefined
  /** HMAC of the credentials. */
  readonly mark: string
  /** Connection on which a token has created the session; it need not repeat the token. */
  readonly connection: WeakRef<object> | undefined
}

/**
 * Logins that a hook has allowed, by session: the hook need not be asked again for the requests of
 * the session. No credentials are kept, but their HMAC.
 */
export class SessionLogins {
  readonly #key = randomBytes(32)
  readonly #logins = new WeakMap<Session, KeptLogin>()

  /** @param authorization - Credentials of the request; `undefined` without any. */
  note(
    session: Session,
    { user, byRules }: AllowedLogin,
    authorization: Authorization | undefined,
    context: UnauthorizedRequest,
  ): void {
    const { path, actions } = subjectOf(context, user)
    const action = actions.length === 1 ? actions[0] : undefined
    const isToken = authorization?.scheme === 'Bearer'
    const connection = isToken ? new WeakRef<object>(context.connection) : undefined
    const mark = this.mark(authorization)
    this.#logins.set(session, { user, byRules, path, action, mark, connection })
  }

  /**
   * Returns the login of the session that a request names.
   *
   * @returns `undefined` if the request needs a decision: of another session, path or client, or with
   *   other credentials.
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

  /** Returns the HMAC of credentials, by which they can be compared. */
  mark(authorization: Authorization | undefined): string {
    const text = JSON.stringify(authorization ?? 'none')
    return createHmac('sha256', this.#key).update(text).digest('base64')
  }
}
