import { type LedgerRefusal, type NodeTag, poolKey } from '../../../src/cluster/cluster-store.js'
import type { PlacedStep } from './explain.js'
import type { HistoryEvent, LedgerTimes } from './history.js'
import { grantedOf } from './ledger-spec.js'

/** Session of a history. */
interface Life {
  readonly node: string
  readonly from: number
  to: number
  readonly keys: readonly string[]
  /** The ledger did not count the session for a while, by the rules of `keep`. */
  isUncounted: boolean
}

/** Number of sessions under one limit at the fullest moment, and of those that the rules allowed there. */
export interface Fullest {
  readonly live: number
  /** Number of sessions at any one moment at most that the rules of `keep` add to the limit. */
  readonly uncounted: number
  readonly bound: number
  /** Time of the first moment at which there were more sessions than allowed; `undefined` = never. */
  readonly brokenAt: number | undefined
}

/** Rules by which nodes may have sessions without credits. */
interface BoundRules {
  readonly policy: 'keep' | 'strict'
  /** Number of sessions beyond its credits that a node may create under each limit but `pool`. */
  readonly overdraft: number
}

/**
 * Checks that no node used a credit that it did not hold: neither before the reply that brings it, nor after the request
 * that gives it back. Under `keep`, a node that has been a member may use its overdraft while the ledger does not reply.
 *
 * @returns Sentences that say what is wrong; none = all is well.
 */
export function misusedCredits(history: readonly HistoryEvent[], rules: BoundRules): string[] {
  const problems: string[] = []
  const nodes = new Map<string, NodeCredits>()
  const creditsOf = (node: string): NodeCredits => {
    const known = nodes.get(node) ?? new NodeCredits()
    nodes.set(node, known)
    return known
  }
  for (const event of history) {
    if (event.kind === 'sent') creditsOf(event.node).sent(event)
    else if (event.kind === 'answered') creditsOf(event.node).answered(event)
    else if (event.kind === 'failed') creditsOf(event.node).failed(event)
    else if (event.kind === 'return') creditsOf(event.node).returned(event.session)
    else if (event.kind === 'use') {
      const problem = creditsOf(event.node).used(event.session, event.keys, rules)
      if (problem !== undefined) problems.push(`${event.node} at ${event.at}: ${problem}`)
    }
  }
  return problems
}

type Sent = Extract<HistoryEvent, { kind: 'sent' }>

/** Credits that one process may use, by its own requests and the replies to them. */
class NodeCredits {
  readonly #usable = new Map<string, number>()
  readonly #live = new Map<string, number>()
  readonly #sessions = new Map<string, readonly string[]>()
  /** Last request that settles credits. */
  #last: Sent | undefined
  #hasJoined = false
  #isAway = false

  /** Number of sessions beyond the credits. */
  beyond(key: string): number {
    return Math.max(0, (this.#live.get(key) ?? 0) - (this.#usable.get(key) ?? 0))
  }

  failed({ id }: { readonly id: string }): void {
    if (this.#last?.id === id) this.#isAway = true
  }

  sent(event: Sent): void {
    const { call } = event
    if (call.verb !== 'beat' && call.verb !== 'join') return
    this.#last = event
    if (call.verb === 'join') return
    for (const { key, target } of call.request.claims) {
      this.#usable.set(key, Math.min(this.#usable.get(key) ?? 0, target))
    }
  }

  answered({ id, reply }: { readonly id: string; readonly reply: object }): void {
    const call = this.#last?.id === id ? this.#last.call : undefined
    if (call?.verb !== 'beat' && call?.verb !== 'join') return
    this.#isAway = false
    const { status, credits } = reply as { status: LedgerRefusal | 'ok'; credits?: number[] }
    if (status !== 'ok') return
    this.#hasJoined = true
    call.request.claims.forEach(({ key }, n) => {
      this.#usable.set(key, credits?.[n] ?? 0)
    })
  }

  /** @returns Sentence that says what is wrong, if the session has no credit under one of its limits. */
  used(session: string, keys: readonly string[], rules: BoundRules): string | undefined {
    this.#sessions.set(session, keys)
    for (const key of keys) this.#live.set(key, (this.#live.get(key) ?? 0) + 1)
    const isAlone = this.#isAway && this.#hasJoined && rules.policy === 'keep'
    const short = keys.find(
      (key) => this.beyond(key) > (isAlone && key !== poolKey ? rules.overdraft : 0),
    )
    if (short === undefined) return undefined
    return `${this.#live.get(short)} sessions of ${short} with ${this.#usable.get(short) ?? 0} credits`
  }

  returned(session: string): void {
    for (const key of this.#sessions.get(session) ?? []) {
      this.#live.set(key, (this.#live.get(key) ?? 0) - 1)
    }
    this.#sessions.delete(session)
  }
}

/**
 * Counts the sessions of all nodes over time. Under `strict` there are never more than the limit. Under `keep` the sessions
 * of a node that the ledger has buried, or forgotten, come on top of it until they end. So do those of a process that
 * stood still for the time of grace: it could end none. Under `keep`, so does what the nodes have beyond their credits, as
 * far as their overdraft goes.
 *
 * @param order - Order of the ledger's steps, from `explain`.
 * @param max - Limit.
 */
export function fullestMoment(
  history: readonly HistoryEvent[],
  order: readonly PlacedStep[],
  {
    policy,
    times,
    overdraft,
    key = poolKey,
    max,
  }: BoundRules & {
    readonly times: LedgerTimes
    readonly key?: string
    readonly max: number
  },
): Fullest {
  const lives = livesOf(history).filter(({ keys }) => keys.includes(key))
  const gaps = policy === 'keep' ? gapsOf(history, order, times) : []
  for (const gap of [...gaps, ...stallsOf(history, times)]) markUncounted(lives, gap)
  const losses = lostGrants(order, key)
  const isLent = policy === 'keep' && key !== poolKey
  const overdrafts = isLent ? overdraftsOf(history, key, overdraft) : []
  const changes = lives.flatMap((life) => [
    { at: life.from, by: 1, life },
    { at: life.to, by: -1, life },
  ])
  // A session that ends makes room for one that begins at the same time.
  changes.sort((a, b) => a.at - b.at || a.by - b.by)
  let [live, uncounted, mostLive, mostUncounted] = [0, 0, 0, 0]
  let brokenAt: number | undefined
  let present = 0
  for (const { at, by, life } of changes) {
    for (; present + 1 < overdrafts.length; present++) {
      if ((overdrafts[present + 1]?.at ?? 0) > at) break
    }
    const lent = overdrafts[present]?.sessions ?? 0
    live += by
    if (life.isUncounted) uncounted += by
    mostLive = Math.max(mostLive, live)
    const lost = losses.filter((loss) => loss.at <= at).reduce((sum, each) => sum + each.lost, 0)
    const extra = lost + lent
    mostUncounted = Math.max(mostUncounted, uncounted + extra)
    if (live > max + uncounted + extra) brokenAt ??= at
  }
  return { live: mostLive, uncounted: mostUncounted, bound: max + mostUncounted, brokenAt }
}

/**
 * Returns the number of sessions that all nodes have beyond their credits under a limit, as far as the overdraft of each
 * goes: the largest number at each time.
 */
function overdraftsOf(
  history: readonly HistoryEvent[],
  key: string,
  overdraft: number,
): { readonly at: number; sessions: number }[] {
  const nodes = new Map<string, NodeCredits>()
  const numbers: { readonly at: number; sessions: number }[] = [{ at: 0, sessions: 0 }]
  for (const event of history) {
    if (event.kind === 'restarted' || event.kind === 'carriedOut') continue
    const credits = nodes.get(event.node) ?? new NodeCredits()
    nodes.set(event.node, credits)
    if (event.kind === 'sent') credits.sent(event)
    else if (event.kind === 'answered') credits.answered(event)
    else if (event.kind === 'return') credits.returned(event.session)
    else if (event.kind === 'use')
      credits.used(event.session, event.keys, { policy: 'keep', overdraft })
    else if (event.kind === 'killed') nodes.delete(event.node)
    const sessions = [...nodes.values()].reduce(
      (sum, each) => sum + Math.min(overdraft, each.beyond(key)),
      0,
    )
    const last = numbers.at(-1)
    if (last?.at === event.at) last.sessions = Math.max(last.sessions, sessions)
    else numbers.push({ at: event.at, sessions })
  }
  return numbers
}

function livesOf(history: readonly HistoryEvent[]): Life[] {
  const lives = new Map<string, Life>()
  for (const event of history) {
    if (event.kind === 'use') {
      const { node, at, keys, session } = event
      const life = { node, from: at, to: Number.POSITIVE_INFINITY, keys, isUncounted: false }
      lives.set(`${node} ${session}`, life)
    } else if (event.kind === 'return') {
      const life = lives.get(`${event.node} ${event.session}`)
      if (life !== undefined) life.to = event.at
    } else if (event.kind === 'killed') {
      for (const life of lives.values()) {
        if (life.node === event.node) life.to = Math.min(life.to, event.at)
      }
    }
  }
  return [...lives.values()]
}

interface Gap {
  readonly node: string
  readonly from: number
  readonly to: number
}

/** Returns the times in which the ledger did not count the sessions of a node. */
function gapsOf(
  history: readonly HistoryEvent[],
  order: readonly PlacedStep[],
  { warmMs }: LedgerTimes,
): Gap[] {
  const nodeOf = new Map<NodeTag, string>()
  const joins: { readonly node: string; readonly at: number; readonly sentAt: number }[] = []
  const sent = new Map<string, Sent>()
  for (const event of history) {
    if (event.kind === 'sent' && event.call.verb === 'join') {
      nodeOf.set(event.call.request.tag, event.node)
      sent.set(event.id, event)
    }
    if (event.kind !== 'answered' || !sent.has(event.id)) continue
    const isOk = (event.reply as { status: string }).status === 'ok'
    const sentAt = sent.get(event.id)?.at ?? 0
    if (isOk) joins.push({ node: event.node, at: event.at, sentAt })
  }
  const gaps: Gap[] = []
  let before: PlacedStep['state'] | undefined
  for (const { step, state } of order) {
    const lost = [...(before?.members.keys() ?? [])].filter((tag) => !state.members.has(tag))
    const isAfresh = before?.epoch?.name !== state.epoch?.name && lost.length > 0
    for (const tag of lost) {
      const node = nodeOf.get(tag) ?? tag
      const back = joins.find((join) => join.node === node && join.at >= step.from)
      // Until then, a ledger without data grants no credits but those that nodes have held before.
      const first = joins.find(({ at }) => at >= step.from)
      const isInTime = isAfresh && back !== undefined && back.at <= (first?.sentAt ?? 0) + warmMs
      if (!isInTime) gaps.push({ node, from: step.from, to: back?.at ?? Number.POSITIVE_INFINITY })
    }
    before = state
  }
  return gaps
}

/** Returns the times in which a process stood still so long that it could not end its sessions in time. */
const stallsOf = (history: readonly HistoryEvent[], { graceMs }: LedgerTimes): Gap[] =>
  history.flatMap((event) => {
    if (event.kind !== 'stalled' || event.until - event.at < graceMs) return []
    return [{ node: event.node, from: event.at, to: event.until }]
  })

function markUncounted(lives: readonly Life[], { node, from, to }: Gap): void {
  for (const life of lives) {
    if (life.node === node && life.from <= to && life.to >= from) life.isUncounted = true
  }
}

/** Returns the credits that a ledger has granted, and forgotten when it returned with older data. */
function lostGrants(order: readonly PlacedStep[], key: string): { at: number; lost: number }[] {
  const losses: { at: number; lost: number }[] = []
  order.forEach(({ step, state }, n) => {
    if (step.verb !== 'restart' || step.kept !== 'older') return
    let lost = 0
    let at = n - 1
    while (at > 0 && order[at]?.state !== state) {
      const [before, after] = [order[at - 1], order[at]]
      if (before === undefined || after === undefined) break
      lost += Math.max(0, grantedOf(after.state, key) - grantedOf(before.state, key))
      at--
    }
    losses.push({ at: step.from, lost })
  })
  return losses
}
