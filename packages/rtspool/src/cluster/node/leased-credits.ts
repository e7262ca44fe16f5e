import { type CreditClaim, poolKey } from '../cluster-store.js'

/** Limit of the cluster that counts a new session, and for which the session needs a credit. */
export interface CreditDemand {
  /** Key of the limit, such as `pool` or `user alice`. */
  readonly key: string
  /** Maximum number of sessions of all nodes under the limit, 1 or more. */
  readonly max: number
}

/** Credits of this node under one limit, and their use. A credit is the right to one session. */
interface Holding {
  max: number
  /** Number of sessions of this node that the limit counts. */
  live: number
  /** Number of credits that this node may use; never more than the ledger has granted, but for `adopt`. */
  credits: number
  /** Number of credits that sessions have lacked since the last claim, which the next claim requests. */
  wanted: number
  /** Part of `wanted` that the last claim has requested; 0 once the ledger has replied. */
  asked: number
  /** Number of idle credits that are kept for sessions that were refused. */
  kept: number
  /** Monotonic time in milliseconds until which they are kept. */
  keptUntil: number
  /**
   * Number of credits that the ledger has granted, and may not know, because it has lost its data or fenced the node;
   * `undefined` = it knows them.
   */
  unknown: number | undefined
}

/** Maximum number of claims for credits (one for each limit) in one request. */
const maxClaims = 256
/** Maximum number of limits without sessions and credits that a node asks for. */
const maxEmpty = 4096

/**
 * Credits that the ledger has leased to this node. A session for which the node holds credits is
 * admitted without a message to any other machine.
 *
 * Credits go back before the ledger learns of it, so that a credit is never used by two nodes.
 */
export class LeasedCredits {
  readonly #spare: number
  readonly #keepMs: number
  readonly #holdings = new Map<string, Holding>()
  /** Keys of the limits for which the next request may contain a claim. */
  readonly #changed = new Set<string>()
  /** Limits without sessions and credits. */
  readonly #empty = new Set<string>()
  /** Limits of the time before the last join, whose claims the ledger has not answered since. */
  readonly #unasked = new Set<string>()
  /** Number of admitted sessions since the last claim, and between the two claims before. */
  #taken = 0
  #takenBefore = 0
  /** Limit `maxSessions` of the pool; `undefined` before the first {@link noteLimit}. */
  #maxSessions: number | undefined
  /** True after a lower limit, until the ledger has replied to claims that give back all idle credits. */
  #isLowered = false
  /** The last claims that give them back. */
  #returning: readonly CreditClaim[] | undefined

  /**
   * Creates credits for a node that holds none.
   *
   * @param spare - Number of idle credits for `pool` that the node keeps at least.
   * @param keepMs - Milliseconds for which a credit waits for a session that was refused before.
   */
  constructor(spare: number, keepMs: number) {
    this.#spare = spare
    this.#keepMs = keepMs
  }

  /** Returns the number of sessions of this node that a limit counts. */
  live(key: string): number {
    return this.#holdings.get(key)?.live ?? 0
  }

  /** Returns the number of credits that this node may use under a limit. */
  held(key: string): number {
    return this.#holdings.get(key)?.credits ?? 0
  }

  /**
   * Notes the present limit `maxSessions` of the pool; 0 = unlimited. After a lower one, the next claims give back the
   * credits without a session, and ask for no more than the new limit allows.
   *
   * @returns Whether the limit has changed.
   */
  noteLimit(maxSessions: number): boolean {
    const before = this.#maxSessions
    if (maxSessions === before) return false
    this.#maxSessions = maxSessions
    const holding = this.#holdings.get(poolKey)
    if (holding && maxSessions > 0) holding.max = maxSessions
    if (maxSessions > 0 && before !== undefined && (before === 0 || maxSessions < before)) {
      this.#isLowered = true
      this.#returning = undefined
    }
    return before !== undefined
  }

  /**
   * Uses one credit under each limit, or none at all.
   *
   * After a refusal the next claim asks for the missing credit, and keeps one under each limit
   * before it. Nodes that all ask in the same order never wait for each other in a circle. With
   * 4096 limits without sessions and credits, no claim asks for another one.
   *
   * @param demands - Limits in the order that all nodes use.
   * @param overdraft - Number of sessions that the node may have beyond its credits under each limit but `pool`, as
   *   long as it has no more than the limit in all. The next claim asks for their credits.
   * @returns Key of the first limit without a credit; `undefined` = admitted.
   */
  tryTake(demands: readonly CreditDemand[], overdraft = 0): string | undefined {
    const [first] = demands
    if (demands.length === 1 && first !== undefined && this.#tryTakeHeld(first)) return undefined
    const missing = demands.find(({ key, max }) => {
      const holding = this.#holding(key, max)
      if (holding === undefined) return true
      const { live, credits } = holding
      const extra = key === poolKey ? 0 : Math.min(overdraft, max - credits)
      return live >= credits + Math.max(0, extra)
    })
    for (const demand of demands) {
      const holding = this.#holding(demand.key, demand.max)
      if (holding === undefined) return demand.key
      if (missing === undefined) {
        holding.live++
        holding.kept = Math.max(0, holding.kept - 1)
        if (holding.live > holding.credits) this.#changed.add(demand.key)
        this.#note(demand.key, holding)
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

  /** Uses a credit that the node holds under the only limit, without a look at limits that are full. */
  #tryTakeHeld({ key, max }: CreditDemand): boolean {
    const holding = this.#holdings.get(key)
    if (holding === undefined || holding.live >= holding.credits) return false
    holding.max = max
    holding.live++
    if (holding.kept > 0) holding.kept--
    this.#taken++
    return true
  }

  /**
   * Counts sessions for `pool` that were admitted while the limit was 0. They have credits at once, which the next claims
   * tell the ledger.
   */
  adopt(sessions: number, max: number): void {
    const holding = this.#holding(poolKey, max)
    if (holding === undefined) return
    holding.unknown = Math.max(holding.unknown ?? 0, holding.credits) + sessions
    holding.credits += sessions
    holding.live += sessions
    this.#changed.add(poolKey)
    this.#note(poolKey, holding)
  }

  /** Frees the credits that a session has used, because the session has ended. @param keys - Keys of the limits */
  release(keys: readonly string[]): void {
    for (const key of keys) {
      const holding = this.#holdings.get(key)
      if (holding === undefined || holding.live === 0) continue
      holding.live--
      this.#changed.add(key)
      this.#note(key, holding)
    }
  }

  /**
   * Returns the claims for the next beat, `pool` first, and gives up credits that they do not
   * contain.
   *
   * @param isStarving - Other nodes need credits: the node keeps no idle ones.
   * @param isAway - The ledger has not replied to the last beat: the node gives up nothing, because the ledger may not
   *   learn of it for long.
   */
  claims(isStarving: boolean, now: number, isAway = false): CreditClaim[] {
    const keepsNone = isStarving || this.#isLowered
    const spare = keepsNone ? 0 : Math.max(this.#spare, this.#taken + this.#takenBefore)
    this.#takenBefore = this.#taken
    this.#taken = 0
    const claims: CreditClaim[] = []
    for (const key of this.#inTurn(this.#changed)) {
      // The next claims begin with the limits that these ones have no room for.
      this.#changed.delete(key)
      this.#changed.add(key)
      const holding = this.#holdings.get(key) as Holding
      const { live, wanted, max, unknown, credits } = holding
      if (keepsNone || now >= holding.keptUntil) holding.kept = 0
      const needed = live + Math.max(wanted, holding.kept)
      const wanting = needed + (key === poolKey ? spare : 0)
      const wish = Math.max(live, Math.min(max, isAway ? Math.max(wanting, credits) : wanting))
      // Sessions beyond the credits get some after those that the ledger has granted before.
      const isHeld = unknown !== undefined
      const target = isHeld ? Math.min(wish, unknown) : wish
      holding.asked = wanted
      holding.credits = Math.min(holding.credits, target)
      this.#note(key, holding)
      claims.push(isHeld ? { key, target, max, isHeld } : { key, target, max })
    }
    // While the ledger is away, the claims keep all credits that the limit allows.
    if (this.#isLowered && !isAway) this.#returning = claims
    return claims
  }

  /**
   * Number of limits about which the ledger has not been asked since the node joined again. Until it is 0, the owner
   * sends the next beat at once.
   */
  get unasked(): number {
    return this.#unasked.size
  }

  /** Tells that sessions have been refused since the last claim. */
  get isShort(): boolean {
    for (const key of this.#changed) if ((this.#holdings.get(key)?.wanted ?? 0) > 0) return true
    return false
  }

  /** Takes over the answer of the ledger to claims that are the latest ones. */
  settle(claims: readonly CreditClaim[], credits: readonly number[], now: number): void {
    if (claims === this.#returning) this.#isLowered = false
    claims.forEach(({ key, target }, index) => {
      this.#unasked.delete(key)
      const holding = this.#holdings.get(key)
      if (holding === undefined) return
      holding.credits = credits[index] ?? 0
      this.#keep(key, holding, now)
      holding.wanted -= holding.asked
      holding.asked = 0
      // A dead node may hold credits of this one, which has joined again under another tag.
      if (holding.credits >= target) holding.unknown = undefined
      const isIdle = holding.live === 0 && holding.credits === 0 && holding.wanted === 0
      this.#note(key, holding)
      if (isIdle) {
        this.#holdings.delete(key)
        this.#empty.delete(key)
      }
      const isSettled = holding.live === holding.credits && holding.wanted === 0
      if (isIdle || isSettled) this.#changed.delete(key)
    })
  }

  /**
   * Returns the claims for a request to join, before which the ledger does not know the node.
   *
   * @param isFenced - True if the ledger has given the credits of the node to others. The node then claims no more
   *   than it has sessions.
   */
  rejoin(isFenced: boolean): CreditClaim[] {
    for (const [key, holding] of this.#holdings) {
      if (isFenced) holding.credits = Math.min(holding.credits, holding.live)
      const granted = Math.max(holding.credits, holding.unknown ?? 0)
      holding.unknown = isFenced ? Math.min(granted, holding.live) : granted
      this.#changed.add(key)
      this.#unasked.add(key)
      this.#note(key, holding)
    }
    return this.#inTurn(this.#holdings.keys()).map((key) => {
      const { unknown = 0, max } = this.#holdings.get(key) as Holding
      return { key, target: unknown, max }
    })
  }

  /** Returns as many limits as one request has room for, `pool` first. */
  #inTurn(keys: Iterable<string>): string[] {
    const others = [...keys].filter((key) => key !== poolKey)
    const first = this.#holdings.has(poolKey) ? [poolKey] : []
    return [...first, ...others].slice(0, maxClaims)
  }

  /**
   * Keeps idle credits for sessions that were refused; under limits other than `pool` one, since a
   * client that tries often would take all credits of its user.
   */
  #keep(key: string, holding: Holding, now: number): void {
    const { live, credits, asked } = holding
    if (asked > 0) holding.keptUntil = now + this.#keepMs
    const most = key === poolKey ? asked : Math.min(asked, 1)
    holding.kept = Math.max(0, Math.min(credits - live, Math.max(holding.kept, most)))
  }

  #note(key: string, { live, credits }: Holding): void {
    if (live === 0 && credits === 0) this.#empty.add(key)
    else this.#empty.delete(key)
  }

  /** @returns `undefined` if the node knows too many limits without sessions and credits */
  #holding(key: string, max: number): Holding | undefined {
    let holding = this.#holdings.get(key)
    if (holding === undefined) {
      if (this.#empty.size >= maxEmpty && key !== poolKey) return undefined
      const none = { live: 0, credits: 0, wanted: 0, asked: 0, kept: 0, keptUntil: 0 }
      holding = { max, ...none, unknown: undefined }
      this.#holdings.set(key, holding)
      this.#empty.add(key)
    }
    holding.max = max
    return holding
  }
}
