import { type CreditClaim, type CreditUsage, type NodeTag, poolKey } from '../cluster-store.js'

/**
 * Credits of a cluster by limit and node. A credit is the right to one session; the credits of all nodes never exceed
 * the limit.
 */
export class CreditLedger {
  /** Numbers of credits by node and key of the limit; a limit without credits has no entry. */
  readonly #byNode = new Map<NodeTag, Map<string, number>>()
  /** Numbers of credits that all nodes hold together, by key of the limit. */
  readonly #granted = new Map<string, number>()

  /** Returns the number of credits that a node holds under a limit. */
  of(tag: NodeTag, key: string): number {
    return this.#byNode.get(tag)?.get(key) ?? 0
  }

  /**
   * Lowers the credits of a node to the target of a claim, or raises them as far as the limit
   * allows.
   *
   * @param mayRaise - `false`: the credits are only lowered.
   * @returns Number of credits that the node holds now.
   */
  settle(tag: NodeTag, { key, target, max }: CreditClaim, mayRaise: boolean): number {
    const held = this.of(tag, key)
    if (target <= held) return this.#set(tag, key, target)
    if (!mayRaise) return held
    const free = Math.max(0, max - (this.#granted.get(key) ?? 0))
    return this.#set(tag, key, held + Math.min(target - held, free))
  }

  /** Withdraws the credits for `pool`, the limit `maxSessions`, from a node that has died. */
  takePool(tag: NodeTag): void {
    this.#set(tag, poolKey, 0)
  }

  /**
   * Withdraws credits under other limits than `pool` from a node that has died.
   *
   * @param maxLimits - Maximum number of limits to handle in this call.
   * @returns Whether the node has none left.
   */
  take(tag: NodeTag, maxLimits: number): boolean {
    const held = this.#byNode.get(tag)
    if (held === undefined) return true
    for (const key of [...held.keys()].slice(0, maxLimits)) this.#set(tag, key, 0)
    return held.size === 0
  }

  usage(key: string): CreditUsage {
    const nodes: Record<NodeTag, number> = {}
    for (const tag of [...this.#byNode.keys()].sort()) {
      const credits = this.of(tag, key)
      if (credits > 0) nodes[tag] = credits
    }
    return { granted: this.#granted.get(key) ?? 0, nodes }
  }

  #set(tag: NodeTag, key: string, credits: number): number {
    const held = this.#byNode.get(tag) ?? new Map<string, number>()
    const granted = (this.#granted.get(key) ?? 0) + credits - (held.get(key) ?? 0)
    if (granted === 0) this.#granted.delete(key)
    else this.#granted.set(key, granted)
    if (credits === 0) held.delete(key)
    else held.set(key, credits)
    if (held.size === 0) this.#byNode.delete(tag)
    else this.#byNode.set(tag, held)
    return credits
  }
}
