import type { SessionData as DeclaredForServers } from '../session-data.js'

/**
 * Data that an application keeps with a session. Empty here; declare your own members for the
 * module that you import:
 *
 * ```ts
 * declare module 'rtspool/session-pool' {
 *   interface SessionData { camera: string }
 * }
 * ```
 */
export interface SessionData extends DeclaredForServers {}
