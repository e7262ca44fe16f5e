import type { LoginRefusal as ExternalRefusal } from 'rtspool'
import type { ExternalLogins } from '../../access/external-logins.js'
import type { RoleGrant, RoleQuestion } from '../../access/role-answer.js'
import type { ApiUsers } from '../../config/users/api-users.js'

/** User name and password of somebody who logs in, and the way on which they have arrived. */
export interface LoginAttempt {
  readonly user: string
  readonly password: string
  readonly address: string
  /** True if others on the network could not read the password. */
  readonly isPrivate: boolean
}

/**
 * Reason for a refused login: `wrong` user or password, or `forbidden` for a user without a role at the address. A text
 * in `unavailable` says why an external login could not be checked.
 */
export type LoginRefusal = 'wrong' | 'forbidden' | { readonly unavailable: string }

/** A user who has proved to be that user, with a role and its source. */
export interface ProvedLogin extends RoleGrant {
  /** Hash of the user's stored password, which changes with the password; `undefined` for an external login. */
  readonly mark: string | undefined
  /** External logins that have given the role; `undefined` for a user of the configuration. */
  readonly external: ExternalLogins | undefined
}

/**
 * Checks a password for the API: that of a user of the configuration, or else by the external logins.
 *
 * @param present - Returns the users in the present configuration, which a reload may change during the check.
 */
export async function checkLogin(
  attempt: LoginAttempt,
  present: () => ApiUsers,
): Promise<ProvedLogin | LoginRefusal> {
  const { user, password, address } = attempt
  const users = present()
  const { external } = users
  // A user who is unknown here costs the same time as a known one.
  const isRight = (external || !users.isEmpty) && (await users.isRight(user, password))
  // A reload may have changed or removed the user while the password was checked.
  const now = present()
  const mark = now.markOf(user)
  if (mark !== users.markOf(user) || now.external !== external) return 'wrong'
  if (external && !users.has(user)) {
    const answer = await external.askRole(questionOf(attempt, false))
    return 'refuse' in answer ? refusalOf(answer) : { ...answer, mark, external }
  }
  if (!isRight || users.isEmpty) return 'wrong'
  const role = now.roleOf(user, address)
  const terms = { expiresAt: undefined, recheckSeconds: undefined, external: undefined }
  return role === undefined ? 'forbidden' : { user, role, mark, ...terms }
}

/**
 * Returns the question to the external logins about an attempt.
 *
 * @param isRecheck - True if the attempt has succeeded before.
 */
export function questionOf(attempt: LoginAttempt, isRecheck: boolean): RoleQuestion {
  const { user, password, address, isPrivate: isSecure } = attempt
  const { signal } = new AbortController()
  return { user, password, address, isSecure, isRecheck, signal }
}

/** Converts a refusal by the external logins. The reason of a hook is not for the client. */
export function refusalOf({ refuse, why }: ExternalRefusal): LoginRefusal {
  if (refuse === 'unavailable') return { unavailable: why ?? 'the hook has failed' }
  return refuse === 'forbidden' ? 'forbidden' : 'wrong'
}
