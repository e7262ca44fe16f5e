import type { Session } from '../session.js'
import type { SessionData } from '../session-data.js'
import { fullGroupOf, type SessionGroups } from '../session-groups.js'
import type { SessionInit } from '../session-init.js'
import type { SessionOwner } from '../session-owner.js'
import type { SessionLimits } from './session-limits.js'

/**
 * Name of the limit that refused a session, as in errors, the event `sessionRefused` and `stats`.
 * Three names are no limits on a number: `onAdmit` if the hook refused, `admissionControl` if an
 * {@link AdmissionControl} refused for a reason of its own, and `bans` if one of {@link Bans} did.
 */
export type AdmissionLimit = (typeof admissionLimits)[number]

export const admissionLimits = Object.freeze([
  'maxSessions',
  'maxSessionsPerAddress',
  'maxSessionsPerUser',
  'maxSessionsPerPath',
  'maxSessionsPerGroup',
  'onAdmit',
  'admissionControl',
  'bans',
] as const)

export const isAdmissionLimit = (value: unknown): value is AdmissionLimit =>
  admissionLimits.some((limit) => limit === value)

/** Policy for a new session when a limit on the number of sessions is reached. */
export type FullPolicy = 'reject' | 'evictOldestIdle'

export const fullPolicies = Object.freeze([
  'reject',
  'evictOldestIdle',
] as const satisfies readonly FullPolicy[])

/**
 * Request of the pool to {@link AdmissionControl.tryAcquire}: for one more session, or for one more
 * path of a session.
 */
export interface AdmissionRequest<Data extends object = SessionData> {
  /** Kind of request: a new session in the pool, or another path for a session of the pool. */
  readonly kind: 'session' | 'path'
  readonly session: Session<Data>
  readonly owner: SessionOwner | undefined
  /** Path of the presentation that the session plays or records; `undefined` if it is not known. */
  readonly path: string | undefined
  /** Groups of the session, to which `maxSessionsPerGroup` applies; `undefined` = none. */
  readonly groups: SessionGroups | undefined
  readonly limits: SessionLimits
  /** Numbers of sessions that the pool contains now, without the requested one. */
  readonly counts: {
    readonly sessions: number
    readonly address: number
    readonly user: number
    readonly path: number
    /**
     * Number of sessions in each of the session's groups, by name of the group; `undefined` without
     * groups.
     */
    readonly groups: Readonly<Record<string, number>> | undefined
  }
}

/**
 * Decides synchronously whether one more session or path is allowed. A cluster can implement it
 * with credits leased to this node, so that creating a session never waits for a network.
 */
export interface AdmissionControl<Data extends object = SessionData> {
  /**
   * Admits the request or returns the limit that refuses it. After an admitted request of kind
   * `'session'`, {@link release} is called once; after kind `'path'`, it is not.
   *
   * @returns `undefined` = admitted. After a refusal, the pool may evict other sessions and ask
   *   again for the same session. Any other value (also a promise) is a mistake: the pool throws a
   *   TypeError and admits nothing.
   */
  tryAcquire(request: AdmissionRequest<Data>): AdmissionLimit | undefined
  /** Called once for each admitted session, when the session leaves the pool. */
  release(session: Session<Data>): void
}

/** The default {@link AdmissionControl}: compares the counts of this pool with its limits. */
export const localAdmission: AdmissionControl<object> = Object.freeze({
  tryAcquire({
    kind,
    limits,
    counts,
    groups,
  }: AdmissionRequest<object>): AdmissionLimit | undefined {
    if (kind === 'session') {
      if (isReached(limits.maxSessions, counts.sessions)) return 'maxSessions'
      if (isReached(limits.maxSessionsPerAddress, counts.address)) return 'maxSessionsPerAddress'
      if (isReached(limits.maxSessionsPerUser, counts.user)) return 'maxSessionsPerUser'
      if (fullGroupOf(limits.maxSessionsPerGroup, groups, counts.groups)) {
        return 'maxSessionsPerGroup'
      }
    }
    return isReached(limits.maxSessionsPerPath, counts.path) ? 'maxSessionsPerPath' : undefined
  },
  release(): void {},
})

const isReached = (limit: number, count: number): boolean => limit > 0 && count >= limit

/** Argument of the hook `onAdmit`: an authenticated client that requests a session. */
export interface AdmitContext<Data extends object = SessionData> {
  readonly owner: SessionOwner
  /** Path of the presentation that the client sets up. */
  readonly path?: string | undefined
  /** Query of the request URI without `?`, as received. */
  readonly query?: string | undefined
  /** Purpose of the session: to play the presentation at the path, or to publish one there. */
  readonly action?: 'read' | 'publish' | undefined
  /**
   * Time in seconds since 1970 at which the authorization of the client ends, and the session with
   * it.
   */
  readonly expiresAt?: number | undefined
  /** Groups to which the client's login assigns the session, for `maxSessionsPerGroup`. */
  readonly groups?: SessionGroups | undefined
  /** Maximum number of sessions of the user, in place of the pool's limit; 0 = unlimited. */
  readonly maxSessionsPerUser?: number | undefined
  /** Session of the same client that is removed when the new one is created. */
  readonly replaces?: Session<Data> | undefined
  /** Signal that aborts when the decision is no longer needed, for example because the connection has closed. */
  readonly signal?: AbortSignal | undefined
  /** Further information from the protocol, such as the RTSP request. */
  readonly request?: unknown
  /** True if another server of the same cluster asks for the session. */
  readonly isPeer?: boolean | undefined
}

/**
 * Return value of `onAdmit`. `true` admits; `{ init }` admits a session with these properties.
 * `false` refuses with 403; an object with a status from 300 to 599 refuses with this status.
 * Anything else (also `undefined`) is a mistake and admits nobody.
 */
export type AdmitAnswer<Data extends object = SessionData> =
  | boolean
  | { readonly statusCode: number; readonly message?: string }
  | { readonly init: SessionInit<Data> }

/** Hook that decides who gets a session: after authentication, before anything is created. */
export type AdmitHook<Data extends object = SessionData> = (
  context: AdmitContext<Data>,
) => AdmitAnswer<Data> | Promise<AdmitAnswer<Data>>

/** A refused client and the limit that refused it. */
export interface SessionRefusal {
  readonly limit: AdmissionLimit
  readonly owner: SessionOwner | undefined
  readonly path: string | undefined
  /**
   * Group whose limit refused the client, such as `{ plan: 'free' }`; present if the limit is that
   * of a group.
   */
  readonly group?: SessionGroups | undefined
}
