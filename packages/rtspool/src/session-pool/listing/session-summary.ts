import type { SessionGroups } from '../session-groups.js'
import type { SessionStats, SessionUse } from '../session-init.js'
import type { SessionOwner } from '../session-owner.js'
import type { RemovalReason, SessionState } from '../session-state.js'

/** A session without secrets, as {@link Session.toJSON} returns it. */
export interface SessionSummary {
  readonly publicId: string
  readonly state: SessionState
  readonly paths: readonly string[]
  readonly owner: Pick<SessionOwner, 'address' | 'user'> | undefined
  readonly createdTime: Date
  readonly lastAccessTime: Date
  /** Timeout of the session in seconds. */
  readonly timeout: number
  /**
   * Time in seconds since 1970 at which the authorization of the client ends; `undefined` = never.
   */
  readonly expiresAt: number | undefined
  /** Maximum lifetime of the session in seconds; 0 = unlimited. */
  readonly maxLifetime: number
  readonly groups: SessionGroups | undefined
  readonly removalReason: RemovalReason | undefined
  readonly removalNote: string | undefined
  /** Action of the client, and further members of {@link SessionUse}; each is `undefined` before the first SETUP. */
  readonly action: SessionUse['action'] | undefined
  readonly transport: SessionUse['transport'] | undefined
  readonly isSecure: boolean | undefined
  readonly tunnel: SessionUse['tunnel']
  readonly userAgent: string | undefined
  readonly connectionId: string | undefined
  readonly stats: SessionStats
}

/** The properties of a session that its summary shows. */
interface Summarized extends Omit<SessionSummary, keyof SessionUse> {
  readonly use: SessionUse | undefined
}

/** Returns the summary of a session. */
export function summaryOf(session: Summarized): SessionSummary {
  const { publicId, state, paths, owner, stats, use } = session
  return {
    publicId,
    state,
    paths,
    owner: owner && { address: owner.address, user: owner.user },
    createdTime: session.createdTime,
    lastAccessTime: session.lastAccessTime,
    timeout: session.timeout,
    expiresAt: session.expiresAt,
    maxLifetime: session.maxLifetime,
    groups: session.groups,
    removalReason: session.removalReason,
    removalNote: session.removalNote,
    action: use?.action,
    transport: use?.transport,
    isSecure: use?.isSecure,
    tunnel: use?.tunnel,
    userAgent: use?.userAgent,
    connectionId: use?.connectionId,
    stats: { ...stats },
  }
}
