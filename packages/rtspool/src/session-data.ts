/**
 * Data that an application keeps with a session. Empty here; declare your own members for the
 * module that you import:
 *
 * ```ts
 * declare module 'rtspool' {
 *   interface SessionData { camera: string }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications merge their declarations into it
export interface SessionData {}
