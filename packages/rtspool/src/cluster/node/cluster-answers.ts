import type { SessionKickOptions } from '../../session-pool/index.js'
import type { ClusterNodeName, ClusterSession } from './session-pages.js'

/** Node whose sessions an answer does not include. @experimental */
export interface UnheardNode extends ClusterNodeName {
  /**
   * Reason: `storeAway` = this node cannot reach the store; `suspect` = the lease of the node has expired; `silent` = the
   * node has not answered in time; `failed` = the node could not answer.
   */
  readonly why: 'storeAway' | 'suspect' | 'silent' | 'failed'
}

/** Part of an answer that tells which nodes it lacks. @experimental */
export interface ClusterAnswer {
  /**
   * Nodes whose sessions are missing: nothing is known about them. A node that has never reached the store knows no
   * others: one entry with an empty tag stands for all.
   *
   * A dead node is not named. It has no sessions if its process has ended, or under the policy `strict`; under `keep` it
   * may still serve some.
   */
  readonly unheard: readonly UnheardNode[]
}

/** Page of a list of the sessions of all nodes. @experimental */
export interface ClusterSessionPage extends ClusterAnswer {
  readonly sessions: readonly ClusterSession[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

/** Numbers of sessions of all nodes. @experimental */
export interface ClusterSessionCount extends ClusterAnswer {
  readonly total: number
  readonly nodes: readonly (ClusterNodeName & { readonly sessions: number })[]
}

/** Options of {@link ClusterSessions.kick}. @experimental */
export interface ClusterKickOptions extends SessionKickOptions {
  /** Public ids of the only sessions that may end, at most 1000. @defaultValue all that the filter selects */
  readonly only?: readonly string[] | undefined
}

/** Sessions that a kick has ended, or would end. @experimental */
export interface ClusterKick extends ClusterAnswer {
  readonly count: number
  /** First 1000 sessions of each node. */
  readonly sessions: readonly ClusterSession[]
}
