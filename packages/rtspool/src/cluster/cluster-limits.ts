import { isRecord } from '../option-checks.js'
import type { LimitOptions, SessionPool } from '../session-pool/index.js'
import type { ClusterAdmission } from './node/cluster-admission.js'
import type { ClusterAnswer } from './node/cluster-answers.js'
import type { ClusterMember } from './node/cluster-member.js'
import type { ClusterSessions } from './node/cluster-sessions.js'
import type { MailRoom } from './node/mail-room.js'
import type { ClusterNodeName } from './node/session-pages.js'

/** Limits that {@link ClusterLimits.change} changes. @experimental */
export interface ClusterLimitValues extends LimitOptions {
  /** Limit of a server, only for a function of {@link ClusterLimits.provide} that knows it. */
  readonly maxConnections?: number | undefined
  /** Limit of a server, only for a function of {@link ClusterLimits.provide} that knows it. */
  readonly maxConnectionsPerAddress?: number | undefined
}

/** Function that changes all given limits of a node, or none. It throws, or rejects, with the reason. @experimental */
export type LimitChanger = (limits: ClusterLimitValues) => void | Promise<void>

/** Answer of a node to a change of limits. @experimental */
export interface NodeLimitChange extends ClusterNodeName {
  /** Reason for which the node has changed nothing; `undefined` = it has changed all given limits. */
  readonly refusal: string | undefined
}

/** Answer of {@link ClusterLimits.change}. @experimental */
export interface ClusterLimitChange extends ClusterAnswer {
  /** Nodes that have answered, the own one first. An unheard node may have changed its limits nevertheless. */
  readonly nodes: readonly NodeLimitChange[]
}

/** Options of {@link ClusterLimits.change}. @experimental */
export interface ClusterLimitTerms {
  /** Tag or name of the only node that changes its limits. @defaultValue all nodes */
  readonly node?: string | undefined
}

/** Parts of a node that its {@link ClusterLimits} use. */
interface ClusterLimitsParts {
  readonly sessions: ClusterSessions
  readonly mail: MailRoom
  /** Returns the pool of the node; `undefined` before its start. */
  pool(): SessionPool<object> | undefined
  readonly member: Pick<ClusterMember, 'credits'>
  readonly admission: Pick<ClusterAdmission, 'countAll'>
  /** Sends the next request for credits at once. */
  askStore(): void
}

const request = 'limits.change'
/** Maximum number of characters of a reason. */
const maxRefusal = 500

/**
 * Limits of all nodes of a cluster. A change lasts until a node ends: a node that starts later has the limits of its own
 * options.
 *
 * @experimental
 */
export class ClusterLimits {
  readonly #parts: ClusterLimitsParts
  #apply: LimitChanger

  /** Answers the requests of other nodes from now on. @internal */
  constructor(parts: ClusterLimitsParts) {
    this.#parts = parts
    this.#apply = (limits) => {
      const pool = parts.pool()
      if (!pool) throw new TypeError('limits of a cluster: expected a node that has been started')
      pool.setLimits(limits)
    }
    parts.mail.handle(request, (body) => this.#answer(body))
  }

  /**
   * Sets the function that changes the limits of this node, for this node and for requests of others.
   *
   * @param change - Called with limits that another version of the program may have written. By default, the node calls
   *   `SessionPool.setLimits`.
   */
  provide(change: LimitChanger): void {
    this.#apply = change
  }

  /**
   * Changes limits of all nodes. This node changes its limits first, and asks no other one if it refuses them. Each node
   * changes all given limits, or none. The wait for answers is that of {@link ClusterSessions}.
   *
   * Sessions stay. After a lower `maxSessions`, the nodes give back credits without a session, and get no more while the
   * cluster has as many. Of two changes at the same time, some nodes may keep the one, and some the other.
   *
   * @throws {RangeError | TypeError} rejects when this node refuses the limits, or no node has the tag or name.
   */
  async change(
    limits: ClusterLimitValues,
    { node }: ClusterLimitTerms = {},
  ): Promise<ClusterLimitChange> {
    const { sessions } = this.#parts
    const { here } = sessions
    const isNamed = ({ tag, name }: ClusterNodeName): boolean =>
      node === undefined || node === tag || node === name
    const own: NodeLimitChange[] = []
    if (isNamed(here)) {
      await this.#change(limits)
      own.push({ ...here, refusal: undefined })
    }
    const { heard, unheard } = await sessions.ask(request, () => limits, readAnswer, isNamed)
    const nodes = [...own, ...heard]
    if (nodes.length + unheard.length > 0) return { nodes, unheard }
    throw new RangeError(`limits of a cluster: no node has the tag or name ${String(node)}`)
  }

  /** Tells the store of a change of `maxSessions` in the pool of this node, also by other ways. @internal */
  note(): void {
    const { pool, member, admission, askStore } = this.#parts
    const max = pool()?.limits.maxSessions
    if (max === undefined) return
    if (max > 0) admission.countAll(max)
    if (member.credits.noteLimit(max)) askStore()
  }

  async #change(limits: ClusterLimitValues): Promise<void> {
    await this.#apply(limits)
    this.note()
  }

  async #answer(body: unknown): Promise<object> {
    try {
      if (!isRecord(body)) throw new TypeError('expected limits')
      await this.#change(body)
      return { isChanged: true }
    } catch (error) {
      const refusal = error instanceof Error ? error.message : String(error)
      return { isChanged: false, refusal: refusal.slice(0, maxRefusal) }
    }
  }
}

function readAnswer(body: unknown, { tag, name }: ClusterNodeName): NodeLimitChange | undefined {
  const { isChanged, refusal } = isRecord(body) ? body : {}
  if (isChanged === true) return { tag, name, refusal: undefined }
  if (typeof refusal !== 'string') return undefined
  return { tag, name, refusal: refusal.slice(0, maxRefusal) }
}
