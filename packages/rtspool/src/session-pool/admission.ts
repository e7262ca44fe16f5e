import type { Session } from './session.js'
import type { SessionInit } from './session-init.js'
import type { SessionOwner } from './session-owner.js'

/** How many and how long. Each 0 = unlimited. */
export interface SessionLimits {
  /** Most sessions at a time. */
  readonly maxSessions: number
  /** Most sessions of one address at a time. */
  readonly maxSessionsPerAddress: number
  /** Most sessions of one authenticated user at a time. */
  readonly maxSessionsPerUser: number
  /** Most sessions that hold one path at a time. */
  readonly maxSessionsPerPath: number
  /** Seconds within which a new session must play or record for the first time. */
  readonly maxIdleSetup: number
  /** Seconds that a new session may last in all. */
  readonly maxLifetime: number
}

/**
 * The limits that admission is about, as told by errors, the event `sessionRefused`, and `stats`. `onAdmit` is the hook
 * of this name; `admissionControl` is an {@link AdmissionControl} with reasons of its own.
 */
export type AdmissionLimit = (typeof admissionLimits)[number]

export const admissionLimits = Object.freeze([
  'maxSessions',
  'maxSessionsPerAddress',
  'maxSessionsPerUser',
  'maxSessionsPerPath',
  'onAdmit',
  'admissionControl',
] as const)

export const isAdmissionLimit = (value: unknown): value is AdmissionLimit =>
  admissionLimits.some((limit) => limit === value)

/** What happens when a limit of numbers is reached. */
export type FullPolicy = 'reject' | 'evictOldestIdle'

export const fullPolicies = Object.freeze([
  'reject',
  'evictOldestIdle',
] as const satisfies readonly FullPolicy[])

/** What {@link AdmissionControl} decides on. */
export interface AdmissionRequest {
  /** `'session'`: a session enters the pool. `'path'`: one that is in it sets up a further path. */
  readonly kind: 'session' | 'path'
  readonly session: Session
  readonly owner: SessionOwner | undefined
  /** Path that the session is going to hold, if that is known. */
  readonly path: string | undefined
  readonly limits: SessionLimits
  /** What this pool holds now, without what is asked for. */
  readonly counts: {
    readonly sessions: number
    readonly address: number
    readonly user: number
    readonly path: number
  }
}

/**
 * Decides whether one more is allowed. Called synchronously; a cluster puts one here that spends
 * credits leased to this node, so that making a session never waits for a network.
 */
export interface AdmissionControl {
  /**
   * Admits, or says which limit is reached. A request of kind `'session'` that is admitted is followed by
   * one {@link release}; one of kind `'path'` only asks.
   *
   * @returns `undefined` = admitted. It may be called again for the same session after others have
   *   made room. Everything else, a promise among it, is a mistake: a TypeError, and nobody is admitted.
   */
  tryAcquire(request: AdmissionRequest): AdmissionLimit | undefined
  /** A session that was admitted has left. Called once for each. */
  release(session: Session): void
}

/** The default {@link AdmissionControl}: compares the counts of this pool with its limits. */
export const localAdmission: AdmissionControl = Object.freeze({
  tryAcquire({ kind, limits, counts }: AdmissionRequest): AdmissionLimit | undefined {
    if (kind === 'session') {
      if (isReached(limits.maxSessions, counts.sessions)) return 'maxSessions'
      if (isReached(limits.maxSessionsPerAddress, counts.address)) return 'maxSessionsPerAddress'
      if (isReached(limits.maxSessionsPerUser, counts.user)) return 'maxSessionsPerUser'
    }
    return isReached(limits.maxSessionsPerPath, counts.path) ? 'maxSessionsPerPath' : undefined
  },
  release(): void {},
})

function isReached(limit: number, count: number): boolean {
  return limit > 0 && count >= limit
}

/** What the hook `onAdmit` is shown: somebody who has been authenticated asks for a session. */
export interface AdmitContext {
  readonly owner: SessionOwner
  /** Path of the presentation that is to be set up. */
  readonly path?: string | undefined
  /** What the session is for: to play what is at the path, or to publish there. */
  readonly action?: 'read' | 'publish' | undefined
  /** When the authorization ends, in seconds since 1970. */
  readonly expiresAt?: number | undefined
  /** A session of the same client that leaves when the new one is made. */
  readonly replaces?: Session | undefined
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
  /** What the protocol knows besides, the request for instance. */
  readonly request?: unknown
}

/**
 * What `onAdmit` answers: `true` admits; `{ init }` admits a session that begins so; `false` refuses with 403; an object
 * with a status from 300 to 599 refuses with that. Everything else, `undefined` among it, is a mistake, and admits
 * nobody.
 */
export type AdmitAnswer =
  | boolean
  | { readonly statusCode: number; readonly message?: string }
  | { readonly init: SessionInit }

/** Hook that decides, after authentication and before anything is built, who gets a session. */
export type AdmitHook = (context: AdmitContext) => AdmitAnswer | Promise<AdmitAnswer>

/** Who was refused, and by what. */
export interface SessionRefusal {
  readonly limit: AdmissionLimit
  readonly owner: SessionOwner | undefined
  readonly path: string | undefined
}
