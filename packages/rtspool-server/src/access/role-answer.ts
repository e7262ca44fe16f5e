import type { LoginRefusal } from 'rtspool'
import { type Role, roles } from './roles.js'

/** A user who wants to log in to the control API with a password. */
export interface RoleQuestion {
  readonly user: string
  readonly password: string
  readonly address: string
  /** True if the password has reached the server inside TLS, or from this machine. */
  readonly isSecure: boolean
  /** True if a login that was accepted is asked about again. */
  readonly isRecheck: boolean
  /** Signal that aborts when the answer is no longer needed. */
  readonly signal: AbortSignal
}

/** Role in the control API that an external login gives a user. */
export interface RoleGrant {
  readonly user: string
  readonly role: Role
  /** Time in seconds since 1970 at which the login ends; `undefined` = as for other logins. */
  readonly expiresAt: number | undefined
  /** Seconds after which the login must be asked about again; `undefined` = never. */
  readonly recheckSeconds: number | undefined
}

export type RoleAnswer = RoleGrant | LoginRefusal

/** Returns the role with the most rights among texts; `undefined` if none of the texts is a role. */
export const highestRole = (names: readonly string[]): Role | undefined =>
  roles.findLast((role) => names.includes(role))
