/**
 * State of a {@link ClusterNode}.
 *
 * - `joining`: not a member of the cluster: before the first join, or after the store has lost its data or has declared
 *   the node dead
 * - `active`: a member, and the store replies
 * - `degraded`: the store does not reply; new sessions use the credits that the node holds
 * - `fenced`: under the policy `strict`, the lease has expired, and all sessions have ended
 * - `closed`: the node has left the cluster
 */
export type ClusterNodeState = 'joining' | 'active' | 'degraded' | 'fenced' | 'closed'

/** Events of a {@link ClusterNode}. */
export interface ClusterNodeEvents {
  stateChanged: [state: ClusterNodeState, previous: ClusterNodeState]
  /** Emitted for each request to the store that has failed. The node repeats the request. */
  storeFailed: [error: unknown]
}

/** Counters of a {@link ClusterNode}. */
export interface ClusterNodeStats {
  readonly state: ClusterNodeState
  /** Number of sessions of this node. */
  readonly sessions: number
  /** Number of credits for `maxSessions` that this node holds, those of its sessions included. */
  readonly credits: number
  /** Number of clients that wait for a credit. */
  readonly waiting: number
  /** Number of requests to the store that have failed so far. */
  readonly failures: number
  /** Milliseconds so far in which the store has not replied: from the first failed beat on to the next reply. */
  readonly storeAwayMs: number
  /** Number of joins so far. Each one after the first followed a loss of the store's data or of the lease. */
  readonly joins: number
  /** Number of removed sessions that the cluster has no record of, because too many waited. */
  readonly droppedRemovals: number
  /** Number of bans of other nodes that the pool of this node has refused, because its list is full. */
  readonly refusedBans: number
}
