/** Name of one incarnation of a node: 8 hexadecimal digits, new at each start and after each death. */
export type NodeTag = string

/** Key of the credits for `maxSessions`; every other limit has a key of its own. */
export const poolKey = 'pool'

/** Reason for which the ledger refuses a request of a node. */
export type LedgerRefusal =
  /** The ledger has lost data, or the node has never joined: the node joins again. */
  | 'epoch'
  /** The lease of the node has expired: the node joins again under a new tag. */
  | 'fenced'
  /** A later request of the same node has arrived before. */
  | 'stale'

/** Answer of the ledger to a request that it has not carried out. */
export interface RefusedReply {
  readonly status: LedgerRefusal
}

/** Number of sessions under one limit for which a node requests credits. */
export interface CreditClaim {
  /** Limit, such as `pool`, `user alice` or `path /camera`. */
  readonly key: string
  /** Number of credits that the node is to hold from now on. */
  readonly target: number
  /** Maximum number of credits of all nodes together, 1 or more. */
  readonly max: number
  /**
   * Credits that the node has held since before the ledger lost its data. The ledger grants them
   * while it is warming up, too.
   */
  readonly isHeld?: boolean | undefined
}

/** Request of a node to become a member of the cluster. */
export interface JoinRequest {
  readonly tag: NodeTag
  /** Random text, the same in each repetition of one request. */
  readonly nonce: string
  /** Description of the node for other nodes: JSON text. */
  readonly info: string
  /** Credits that the node holds, or would like to keep. */
  readonly claims: readonly CreditClaim[]
}

export type JoinReply =
  | {
      readonly status: 'ok'
      /**
       * Name of the life of the ledger, which changes when the ledger has lost data: nonce of the
       * first join, or tag of the node that noticed the loss, and wall time.
       */
      readonly epoch: string
      /** Credits that the node holds now, in the order of the claims. */
      readonly credits: readonly number[]
    }
  | {
      /** Another node has this tag, or had it: a ledger remembers the last 4096 of them. */
      readonly status: 'taken'
    }

/** Sign of life of a node, and its wishes for credits. */
export interface BeatRequest {
  readonly tag: NodeTag
  readonly epoch: string
  /** Serial number of the request, larger than that of each beat of the same node before. */
  readonly seq: number
  /** Number of the last beat under this tag that the ledger has answered; 0 = none. */
  readonly answeredSeq: number
  /** Number of the last batch under this tag that the ledger has answered; 0 = none. */
  readonly answeredFlushSeq: number
  /** Number of sessions that the node has now. */
  readonly live: number
  readonly claims: readonly CreditClaim[]
  /** Position in the list of changes of bans, from the last reply; empty = the beginning. */
  readonly banCursor: string
}

/** Change of the list of bans. */
export interface BanChange {
  readonly publicId: string
  /** Ban as JSON text; `undefined` = removed. */
  readonly record: string | undefined
  /** Milliseconds until the ban ends; 0 = never. */
  readonly remainingMs: number
}

export type BeatReply =
  | RefusedReply
  | {
      readonly status: 'ok'
      /** Credits that the node holds now, in the order of the claims. */
      readonly credits: readonly number[]
      /** Nodes without room have been refused credits for `pool` lately: idle credits go back. */
      readonly isStarving: boolean
      /** Number that grows with each node that joins, leaves or dies. */
      readonly version: number
      /** Dead node whose remains the receiver removes with {@link ClusterStore.reap}. */
      readonly reap: NodeTag | undefined
      /** Changes of bans after `banCursor` in their order, at most 32 in one reply. */
      readonly bans: readonly BanChange[]
      /** Value for the next beat. */
      readonly banCursor: string
      /**
       * The list of bans begins again with `bans`: the node discards other bans that it knows when
       * the list is complete.
       */
      readonly isBanReset: boolean
      /** More changes of bans wait: the node sends its next beat at once. */
      readonly hasMoreBans: boolean
    }

/** Entry of the directory of sessions. */
export interface DirectoryEntry {
  /** Public id of the session. */
  readonly publicId: string
  /** Summary of the session, packed; Redis needs least memory for at most 64 bytes. */
  readonly value: string
}

/** Session that has left a node. */
export interface DirectoryRemoval extends DirectoryEntry {
  readonly reason: string
}

/** Number of events of one kind, such as new sessions of a user, for shared counters. */
export interface EventCount {
  readonly key: string
  readonly count: number
  /** Period in milliseconds after which the counter starts again. */
  readonly windowMs: number
}

/**
 * Batch of changes of a node for the directory. The ledger carries out each batch once: a node
 * repeats a batch unchanged, with the same `seq`, until it is answered.
 */
export interface FlushRequest {
  readonly tag: NodeTag
  readonly epoch: string
  /** Serial number of the batch, larger than that of each batch of the same node before. */
  readonly seq: number
  readonly puts: readonly DirectoryEntry[]
  /** Removals, carried out after `puts`. */
  readonly removals: readonly DirectoryRemoval[]
  readonly events: readonly EventCount[]
}

export type FlushReply =
  | { readonly status: 'epoch' | 'fenced' }
  | {
      readonly status: 'ok'
      /** Number of events of all nodes in the running period, in the order of `events`. */
      readonly totals: readonly number[]
    }

/** Request to remove a part of what a dead node has left. */
export interface ReapRequest {
  readonly tag: NodeTag
  readonly epoch: string
  /** Tag of the dead node. */
  readonly dead: NodeTag
}

export type ReapReply =
  | { readonly status: 'epoch' | 'fenced' }
  | {
      readonly status: 'ok'
      /** Nothing of the dead node is left. */
      readonly isDone: boolean
    }

/** Ban of the whole cluster. */
export interface ClusterBan {
  readonly publicId: string
  /** Ban as JSON text. */
  readonly record: string
  /** Milliseconds from now to the end of the ban; 0 = never. */
  readonly durationMs: number
}

/** A node in the table of the ledger. */
export interface ClusterNodeRow {
  readonly tag: NodeTag
  readonly info: string
  /**
   * `active`: the lease runs. `suspect`: the lease has expired, but not the time of grace after it.
   * `dead`: the node is fenced, and its remains are being removed.
   */
  readonly state: 'active' | 'suspect' | 'dead'
  /** Number of sessions according to the last beat. */
  readonly live: number
}

/** Credits under one limit. */
export interface CreditUsage {
  /** Number of credits that all nodes hold together. */
  readonly granted: number
  /** Number of credits by tag of the node that holds them; nodes without credits are left out. */
  readonly nodes: Readonly<Record<NodeTag, number>>
}

/** Record of a session that has left the cluster. */
export interface RemovalRecord extends DirectoryRemoval {
  /**
   * Position in the list of records, which grows with each. A ledger begins with the microseconds
   * since 1970, so that its records come after those of a ledger that has lost its data.
   */
  readonly serial: number
  /** Node that had the session. */
  readonly tag: NodeTag
  /** Time of the record in milliseconds since 1970, by the clock of the store. */
  readonly unixTimeMs: number
}

/** Position and direction of a page of removal records. */
export interface RemovalQuery {
  /** Returns records after this serial, the oldest first. @defaultValue the latest records first */
  readonly after?: number | undefined
  /** Maximum number of records, 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
}

/**
 * Shared memory of a cluster: leases of its nodes, credits for limits, the directory of sessions,
 * bans, and records of sessions that have left.
 *
 * Every function that changes something is one atomic step. A function rejects when the store cannot be reached; the step
 * may have been carried out nevertheless. Each request may be repeated.
 */
export interface ClusterStore {
  /** Adds a node to the cluster, and grants the credits that it claims as far as there are any. */
  join(request: JoinRequest): Promise<JoinReply>
  /** Renews the lease of a node, and exchanges credits and bans. */
  beat(request: BeatRequest): Promise<BeatReply>
  /** Writes a batch of changes to the directory. */
  flush(request: FlushRequest): Promise<FlushReply>
  /** Removes a part of the remains of a dead node: its credits, then its sessions as `nodeLost`. */
  reap(request: ReapRequest): Promise<ReapReply>
  /** Ends the lease of a node, as if the node had died; other nodes remove what it has left. */
  leave(request: { readonly tag: NodeTag; readonly epoch: string }): Promise<void>
  /**
   * Adds a ban for the whole cluster. Repetitions change nothing.
   *
   * @returns `false` if a ban with this public id has been removed before.
   */
  ban(ban: ClusterBan): Promise<boolean>
  /** Removes a ban. @returns `false` if no such ban exists */
  unban(publicId: string): Promise<boolean>
  /** Returns all bans in the order of their last change. */
  bans(): Promise<readonly BanChange[]>
  /** Returns all nodes in the order of their tags. */
  nodes(): Promise<readonly ClusterNodeRow[]>
  /** Returns the credits under one limit. */
  usage(key: string): Promise<CreditUsage>
  /** Returns the directory of one node in the order of the public ids. */
  directory(tag: NodeTag): Promise<readonly DirectoryEntry[]>
  /**
   * Returns records of sessions that have left.
   *
   * @throws {RangeError | TypeError} rejects when a value of the query is invalid.
   */
  removals(query?: RemovalQuery): Promise<readonly RemovalRecord[]>
}
