import type { ClusterNodeRow, NodeTag } from '../cluster-store.js'
import { goneTags, reapLeaseMs } from '../store-options.js'

/** Dead node, whose credits and sessions the other nodes are removing from the ledger. */
interface DeadNode {
  readonly info: string
  readonly live: number
  /** End of the task of one node to remove credits and sessions, in milliseconds of `LedgerTime`. */
  reservedUntil: number
}

/** Nodes of a cluster that have died, or left. Their tags are not used again. */
export class DeadNodes {
  /** Dead nodes by tag, in the order in which they died. */
  readonly #dead = new Map<NodeTag, DeadNode>()
  /** Tags of nodes of which nothing is left, the last ones. */
  readonly #gone = new Set<NodeTag>()

  /** Returns whether something of a dead node is left in the ledger. */
  has(tag: NodeTag): boolean {
    return this.#dead.has(tag)
  }

  /** Returns whether a node with this tag has been a member, and is none any more. */
  hasUsed(tag: NodeTag): boolean {
    return this.#dead.has(tag) || this.#gone.has(tag)
  }

  add(tag: NodeTag, { info, live }: Pick<DeadNode, 'info' | 'live'>): void {
    this.#dead.set(tag, { info, live, reservedUntil: 0 })
  }

  /** Notes that nothing of a dead node is left. Its tag stays known. */
  forget(tag: NodeTag): void {
    this.#dead.delete(tag)
    this.#gone.add(tag)
    if (this.#gone.size <= goneTags) return
    const [first] = this.#gone
    this.#gone.delete(first as NodeTag)
  }

  /** Reserves the first dead node that no other node is removing. @param now - Milliseconds of `LedgerTime` */
  reserve(now: number): NodeTag | undefined {
    for (const [tag, dead] of this.#dead) {
      if (dead.reservedUntil > now) continue
      dead.reservedUntil = now + reapLeaseMs
      return tag
    }
    return undefined
  }

  rows(): ClusterNodeRow[] {
    return [...this.#dead].map(([tag, { info, live }]) => ({ tag, info, state: 'dead', live }))
  }
}
