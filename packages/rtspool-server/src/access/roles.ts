/** Roles of tokens for the control API. Each role has also the rights of the roles before it. */
export const roles = Object.freeze(['metrics', 'viewer', 'operator', 'admin'] as const)

/**
 * Role of a token, which determines its rights in the control API.
 *
 * - `metrics`: health, readiness, version and metrics
 * - `viewer`: reads everything but the audit log and tokens, and changes nothing
 * - `operator`: ends and changes sessions, connections and media
 * - `admin`: changes limits and tokens, and reads the audit log
 */
export type Role = (typeof roles)[number]

/** Returns whether a role has all rights of the needed role. */
export const includesRole = (role: Role, needed: Role): boolean =>
  roles.indexOf(role) >= roles.indexOf(needed)
