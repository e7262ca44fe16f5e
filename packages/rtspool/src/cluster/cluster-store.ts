import type { MailStore } from './cluster-mail.js'
import type { StreamStore } from './stream-store.js'

export type * from './cluster-mail.js'
export type * from './stream-store.js'

/** Name of one incarnation of a node of the cluster: 8 hexadecimal digits, new at each start and after each death. */
export type NodeTag = string

/**
 * Key of the limit `maxSessions` in claims for credits; every other limit has a key of its own. A credit is the right
 * to one session under a limit.
 */
export const poolKey = 'pool'

/** Reason for which the ledger (the shared data of a cluster) refuses a request of a node. */
export type LedgerRefusal =
  /** The ledger has lost data, or the node has never joined: the node joins again. */
  | 'epoch'
  /** The lease of the node has expired: the node joins again under a new tag. */
  | 'fenced'
  /** A later request of the same node has arrived before. */
  | 'stale'

/** Reply of the ledger (the shared data of a cluster) to a request that it has not carried out. */
export interface RefusedReply {
  readonly status: LedgerRefusal
}

/** Claim of a node for credits: the number of sessions that it may have under one limit of the cluster. */
export interface CreditClaim {
  /** Key of the limit, such as `pool`, `user alice` or `path /camera`. */
  readonly key: string
  /** Number of credits that the node wants to hold from now on. Each credit allows one session. */
  readonly target: number
  /** Limit itself: maximum number of credits that all nodes hold together, 1 or more. */
  readonly max: number
  /**
   * True for credits that the node has held since before the ledger (the shared data) was lost. For `warmMs` after a
   * loss, the ledger grants no others.
   */
  readonly isHeld?: boolean | undefined
}

/** Request of a node to become a member of the cluster. */
export interface JoinRequest {
  readonly tag: NodeTag
  /** Random text by which the ledger recognizes repetitions of one request; each repetition has the same. */
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
      /** Numbers of credits that the node holds now: one for each claim of the request, in the same order. */
      readonly credits: readonly number[]
    }
  | {
      /** Another node has this tag, or had it: a ledger remembers the last 4096 of them. */
      readonly status: 'taken'
    }

/** Sign of life of a node, and its claims for credits. A node sends one at intervals, to renew its lease. */
export interface BeatRequest {
  readonly tag: NodeTag
  readonly epoch: string
  /** Serial number of the beat, larger than that of each earlier beat of the same node. */
  readonly seq: number
  /** Number of the last beat under this tag that the ledger has answered; 0 = none. */
  readonly answeredSeq: number
  /** Number of the last batch under this tag that the ledger has answered; 0 = none. */
  readonly answeredFlushSeq: number
  /** Number of sessions that the node has now. */
  readonly live: number
  readonly claims: readonly CreditClaim[]
  /** Position in the cluster's list of changes of bans, from the reply to the last beat; empty = the beginning. */
  readonly banCursor: string
}

/** Change of the cluster's list of bans: a ban that was added, replaced or removed. */
export interface BanChange {
  readonly publicId: string
  /** Ban as JSON text; `undefined` if the ban has been removed. */
  readonly record: string | undefined
  /** Milliseconds until the ban ends; 0 = never. */
  readonly remainingMs: number
}

export type BeatReply =
  | RefusedReply
  | {
      readonly status: 'ok'
      /** Numbers of credits that the node holds now: one for each claim of the beat, in the same order. */
      readonly credits: readonly number[]
      /**
       * True if nodes without room for a session have been refused credits for `pool` lately. The receiver then gives
       * back its idle credits.
       */
      readonly isStarving: boolean
      /** Version of the table of nodes, which grows with each node that joins, leaves or dies. */
      readonly version: number
      /**
       * Tag of a dead node whose credits and sessions the receiver removes with {@link ClusterStore.reap};
       * `undefined` = none.
       */
      readonly reap: NodeTag | undefined
      /** Changes of bans after `banCursor` of the beat, in their order; at most 32 in one reply. */
      readonly bans: readonly BanChange[]
      /** Position behind the last of `bans`, which the node sends in its next beat. */
      readonly banCursor: string
      /**
       * The list of bans begins again with `bans`: the node discards other bans that it knows when
       * the list is complete.
       */
      readonly isBanReset: boolean
      /** More changes of bans wait: the node sends its next beat at once. */
      readonly hasMoreBans: boolean
      /** Messages wait in the mailbox of the node. Absent if none does. */
      readonly hasMail?: true
      /**
       * Number of the last change of the streams of all nodes, which the node reads again when it differs, or `version`
       * does. Absent before the first stream.
       */
      readonly streams?: number
    }

/** Entry of the cluster's directory of sessions, which lists the sessions of all nodes. */
export interface DirectoryEntry {
  /** Public id of the session. */
  readonly publicId: string
  /** Summary of the session, packed as text; Redis needs least memory for at most 64 bytes. */
  readonly value: string
}

/** Removal of a session from the directory, because the session has left its node. */
export interface DirectoryRemoval extends DirectoryEntry {
  readonly reason: string
}

/** Number of events of one kind, such as new sessions of a user, to be added to a counter that all nodes share. */
export interface EventCount {
  readonly key: string
  readonly count: number
  /** Period of the counter in milliseconds, after which it starts again at 0. */
  readonly windowMs: number
}

/**
 * Batch of changes of a node for the directory of sessions. The ledger carries out each batch once: a node repeats a
 * batch unchanged, with the same `seq`, until it has a reply.
 */
export interface FlushRequest {
  readonly tag: NodeTag
  readonly epoch: string
  /** Serial number of the batch, larger than that of each earlier batch of the same node. */
  readonly seq: number
  readonly puts: readonly DirectoryEntry[]
  /** Sessions to remove from the directory, after `puts` have been added. */
  readonly removals: readonly DirectoryRemoval[]
  readonly events: readonly EventCount[]
}

export type FlushReply =
  | { readonly status: 'epoch' | 'fenced' }
  | {
      readonly status: 'ok'
      /**
       * Numbers of events of all nodes in the running periods of the counters: one for each entry of `events` in the
       * request.
       */
      readonly totals: readonly number[]
    }

/** Request to remove a part of what a dead node has left in the store: credits and sessions. */
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
      /** True if the store contains nothing of the dead node any more; otherwise the request is to be repeated. */
      readonly isDone: boolean
    }

/** Ban that applies on all nodes of the cluster. */
export interface ClusterBan {
  readonly publicId: string
  /** Ban as JSON text, which nodes parse. */
  readonly record: string
  /** Milliseconds from now to the end of the ban; 0 = never. */
  readonly durationMs: number
}

/** Node of the cluster, as the store lists it. */
export interface ClusterNodeRow {
  readonly tag: NodeTag
  readonly info: string
  /**
   * State of the node. `active`: its lease runs. `suspect`: its lease has expired, but not the `graceMs` after it.
   * `dead`: the node has lost its rights, and other nodes remove its credits and sessions.
   */
  readonly state: 'active' | 'suspect' | 'dead'
  /** Number of sessions that the node has reported in its last beat. */
  readonly live: number
}

/** Credits (each the right to one session) that are in use under one limit of the cluster. */
export interface CreditUsage {
  /** Number of credits under the limit that all nodes hold together. */
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
  /** Tag of the node that had the session. */
  readonly tag: NodeTag
  /** Time at which the session left, in milliseconds since 1970 by the clock of the store. */
  readonly unixTimeMs: number
}

/** Position and size of a page of the records of removed sessions. */
export interface RemovalQuery {
  /** Serial number after which the page begins, the oldest record first. @defaultValue the latest records first */
  readonly after?: number | undefined
  /** Maximum number of records on the page, 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
}

/**
 * Shared data of a cluster, the ledger: leases of nodes, credits for limits, the directory of sessions, bans, and
 * records of removed sessions. A credit is the right to one session under a limit.
 *
 * Every function that changes something is one atomic step. A function rejects when the store cannot be reached; the step
 * may have been carried out nevertheless. Each request but a message may be repeated. Without the mailboxes of
 * {@link MailStore}, no node knows more of another than the directory. Without {@link StreamStore}, no node knows the
 * streams of others.
 */
export interface ClusterStore extends Partial<MailStore>, Partial<StreamStore> {
  /** Adds a node to the cluster. Grants the credits that the node claims, as far as the limits allow. */
  join(request: JoinRequest): Promise<JoinReply>
  /**
   * Renews the lease of a node, settles its claims for credits, and returns the changes of bans that it does not
   * know.
   */
  beat(request: BeatRequest): Promise<BeatReply>
  /** Writes a batch of changes of a node to the directory of sessions, and adds its events to the shared counters. */
  flush(request: FlushRequest): Promise<FlushReply>
  /** Removes a part of what a dead node has left: its credits, then its sessions with reason `nodeLost`. */
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
  /** Returns the credits that the nodes hold under one limit. A limit has a key such as `pool` or `user alice`. */
  usage(key: string): Promise<CreditUsage>
  /** Returns the entries of the session directory that one node has written, in the order of the public ids. */
  directory(tag: NodeTag): Promise<readonly DirectoryEntry[]>
  /**
   * Returns records of sessions that have left.
   *
   * @throws {RangeError | TypeError} rejects when a value of the query is invalid.
   */
  removals(query?: RemovalQuery): Promise<readonly RemovalRecord[]>
}
