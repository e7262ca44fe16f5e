import { type CreditClaim, poolKey } from '../cluster-store.js'

/** One limit that a new session counts against. */
export interface CreditDemand {
  /** Limit, such as `pool` or `user alice`. */
  readonly key: string
  /** Maximum number of sessions of all nodes under the limit, 1 or more. */
  readonly max: number
}

/** Credits of this node under one limit. */
interface Holding {
  max: number
  /** Number of sessions of this node. */
  live: number
  /** Number of credits that this node may use; never more than the ledger has granted. */
  credits: number
  /** Number of sessions that found no credit since the last claim. */
  wanted: number
  /** Part of `wanted` that the claim on its way contains. */
  asked: number
  /** The ledger does not know the credits, because it has lost its data or fenced the node. */
  isUnknown: boolean
}

/** Maximum number of claims in one request. */
const maxClaims = 256

/**
 * Credits that the ledger has leased to this node. A session for which the node holds credits is
 * admitted without a message to any other machine.
 *
 * Credits go back before the ledger learns of it, so that a credit is never used by two nodes.
 */
export class LeasedCredits {
  readonly #spare: number
  readonly #holdings = new Map<string, Holding>()
  /** Limits whose credits the next claim may change. */
  readonly #changed = new Set<string>()
  /** Number of admitted sessions since the last claim, and between the two claims before. */
  #taken = 0
  #takenBefore = 0

  /**
   * Creates credits for a node that holds none.
   *
   * @param spare - Number of idle credits for `pool` that the node keeps at least.
   */
  constructor(spare: number) {
    this.#spare = spare
  }

  /** Number of sessions under a limit. */
  live(key: string): number {
    return this.#holdings.get(key)?.live ?? 0
  }

  /** Number of credits under a limit. */
  held(key: string): number {
    return this.#holdings.get(key)?.credits ?? 0
  }

  /**
   * Uses one credit under each limit, or none at all.
   *
   * After a refusal the next claim asks for the missing credit, and keeps one under each limit
   * before it. Nodes that all ask in the same order never wait for each other in a circle.
   *
   * @param demands - Limits in the order that all nodes use.
   * @returns Key of the first limit without a credit; `undefined` = admitted.
   */
  tryTake(demands: readonly CreditDemand[]): string | undefined {
    const missing = demands.find(({ key, max }) => {
      const { live, credits } = this.#holding(key, max)
      return live >= credits
    })
    for (const demand of demands) {
      const holding = this.#holding(demand.key, demand.max)
      if (missing === undefined) {
        holding.live++
        continue
      }
      this.#changed.add(demand.key)
      if (demand === missing) {
        holding.wanted++
        return missing.key
      }
      holding.wanted = Math.max(holding.wanted, 1)
    }
    this.#taken++
    return undefined
  }

  /** Ends the use of credits by a session. */
  release(keys: readonly string[]): void {
    for (const key of keys) {
      const holding = this.#holdings.get(key)
      if (holding === undefined || holding.live === 0) continue
      holding.live--
      this.#changed.add(key)
    }
  }

  /**
   * Returns the claims for the next beat, and gives up credits that they do not contain.
   *
   * @param isStarving - Other nodes need credits: the node keeps no spare ones.
   */
  claims(isStarving: boolean): CreditClaim[] {
    const spare = isStarving ? 0 : Math.max(this.#spare, this.#taken + this.#takenBefore)
    this.#takenBefore = this.#taken
    this.#taken = 0
    if (this.#holdings.has(poolKey)) this.#changed.add(poolKey)
    const claims: CreditClaim[] = []
    for (const key of [...this.#changed].slice(0, maxClaims)) {
      // The next claims begin with the limits that these ones have no room for.
      this.#changed.delete(key)
      this.#changed.add(key)
      const holding = this.#holdings.get(key) as Holding
      const { live, wanted, max } = holding
      const { isUnknown: isHeld } = holding
      const wish = Math.min(max, live + wanted + (key === poolKey ? spare : 0))
      const known = Math.max(live, holding.credits)
      const target = Math.max(live, isHeld ? Math.min(wish, known) : wish)
      holding.asked = wanted
      holding.credits = Math.min(holding.credits, target)
      claims.push(isHeld ? { key, target, max, isHeld } : { key, target, max })
    }
    return claims
  }

  /** Tells that sessions have been refused since the last claim. */
  get isShort(): boolean {
    for (const key of this.#changed) if ((this.#holdings.get(key)?.wanted ?? 0) > 0) return true
    return false
  }

  /** Takes over the answer of the ledger to claims that are the latest ones. */
  settle(claims: readonly CreditClaim[], credits: readonly number[]): void {
    claims.forEach(({ key, target }, index) => {
      const holding = this.#holdings.get(key)
      if (holding === undefined) return
      holding.credits = credits[index] ?? 0
      holding.wanted -= holding.asked
      holding.asked = 0
      // A dead node may hold credits of this one, which has joined again under another tag.
      if (holding.credits >= target) holding.isUnknown = false
      const isIdle = holding.live === 0 && holding.credits === 0 && holding.wanted === 0
      if (isIdle) this.#holdings.delete(key)
      const isSettled = holding.live === holding.credits && holding.wanted === 0
      if (isIdle || isSettled) this.#changed.delete(key)
    })
  }

  /**
   * Returns the claims for a join, which the ledger answers without knowledge of the node.
   *
   * @param isFenced - The ledger has given the credits of the node to others: the node claims no
   *   more than it has sessions.
   */
  rejoin(isFenced: boolean): CreditClaim[] {
    const claims: CreditClaim[] = []
    for (const [key, holding] of this.#holdings) {
      if (isFenced) holding.credits = Math.min(holding.credits, holding.live)
      holding.isUnknown = true
      this.#changed.add(key)
      const target = Math.max(holding.live, holding.credits)
      if (claims.length < maxClaims) claims.push({ key, target, max: holding.max })
    }
    return claims
  }

  #holding(key: string, max: number): Holding {
    let holding = this.#holdings.get(key)
    if (holding === undefined) {
      holding = { max, live: 0, credits: 0, wanted: 0, asked: 0, isUnknown: false }
      this.#holdings.set(key, holding)
    }
    holding.max = max
    return holding
  }
}
