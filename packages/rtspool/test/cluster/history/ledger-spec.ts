import {
  type BeatRequest,
  type CreditClaim,
  type NodeTag,
  poolKey,
} from '../../../src/cluster/cluster-store.js'
import type { LedgerStep, LedgerTimes } from './history.js'

interface MemberState {
  readonly nonce: string
  readonly seq: number
  readonly flushSeq: number
  /** Earliest time at which the lease was renewed last. */
  readonly renewedFrom: number
}

type Holdings = ReadonlyMap<string, ReadonlyMap<NodeTag, number>>

/** State of the ledger, as far as credits depend on it. */
export interface LedgerState {
  /** Name of the epoch, or its beginning if no reply has told the whole; `undefined` = the ledger is empty. */
  readonly epoch: { readonly name: string; readonly isWhole: boolean } | undefined
  /** Earliest time at which the epoch began. */
  readonly foundedFrom: number
  readonly members: ReadonlyMap<NodeTag, MemberState>
  readonly dead: ReadonlySet<NodeTag>
  readonly gone: ReadonlySet<NodeTag>
  /** Credits by limit and node. */
  readonly credits: Holdings
}

export const emptyLedger: LedgerState = {
  epoch: undefined,
  foundedFrom: 0,
  members: new Map(),
  dead: new Set(),
  gone: new Set(),
  credits: new Map(),
}

/** Milliseconds by which the clock of the ledger and that of the history may differ over the length of a lease. */
const toleranceMs = 5

export const grantedOf = ({ credits }: LedgerState, key: string): number =>
  [...(credits.get(key)?.values() ?? [])].reduce((a, b) => a + b, 0)

/**
 * Returns all states in which the ledger may be after a step that it carries out in a state, and whose reply is the one of
 * the step. None = the ledger cannot have given this reply here.
 *
 * The rules are those of credits alone, written once more and apart from the stores. Deaths are steps of their own: see
 * {@link deathsBefore}.
 */
export function statesAfter(
  state: LedgerState,
  step: LedgerStep,
  times: LedgerTimes,
): readonly LedgerState[] {
  switch (step.verb) {
    case 'restart':
      return [emptyLedger]
    case 'death':
      return [bury(state, step.tag)]
    case 'look': {
      const isSame =
        step.reply === undefined || step.reply.granted === grantedOf(state, step.request.key)
      return isSame ? [state] : []
    }
    case 'leave': {
      const { tag, epoch } = step.request
      const named = withEpoch(state, epoch)
      return [named?.members.has(tag) ? bury(named, tag) : state]
    }
    case 'join':
      return joined(state, step)
  }
  const { tag, epoch } = step.request
  const status = step.reply?.status
  const named = withEpoch(state, epoch)
  if (named === undefined) return status === undefined || status === 'epoch' ? [state] : []
  const member = named.members.get(tag)
  const isKnown = named.dead.has(tag) || named.gone.has(tag)
  if (member === undefined && isKnown)
    return status === undefined || status === 'fenced' ? [named] : []
  const isOlder = step.verb === 'beat' && member !== undefined && knowsMore(step.request, member)
  if (member === undefined || isOlder) {
    return status === undefined || status === 'epoch' ? [afresh(named, tag, step.from)] : []
  }
  if (step.verb === 'beat') return beaten(named, member, step, times)
  if (status !== undefined && status !== 'ok') return []
  if (step.verb === 'reap') return reaped(named, step)
  const { seq } = step.request
  if (seq <= member.flushSeq) return [named]
  return [{ ...named, members: new Map(named.members).set(tag, { ...member, flushSeq: seq }) }]
}

/**
 * Returns the deaths that the ledger may declare in a state up to a time. It may wait, since its time stands still during an
 * outage, but never declares a death early.
 */
export const deathsBefore = (
  { members }: LedgerState,
  to: number,
  { leaseMs, graceMs }: LedgerTimes,
): readonly Extract<LedgerStep, { verb: 'death' }>[] =>
  [...members].flatMap(([tag, { renewedFrom }]) => {
    const from = renewedFrom + leaseMs + graceMs - toleranceMs
    return from <= to ? [{ verb: 'death', tag, from, to }] : []
  })

const knowsMore = ({ answeredSeq, answeredFlushSeq }: BeatRequest, member: MemberState): boolean =>
  answeredSeq > member.seq || answeredFlushSeq > member.flushSeq

/** Returns the state if its epoch has this name, with the whole name. */
function withEpoch(state: LedgerState, name: string): LedgerState | undefined {
  if (state.epoch?.isWhole) return state.epoch.name === name ? state : undefined
  const isOf = state.epoch !== undefined && name.startsWith(`${state.epoch.name}-`)
  return isOf ? { ...state, epoch: { name, isWhole: true } } : undefined
}

function joined(
  state: LedgerState,
  { request, reply, from }: Extract<LedgerStep, { verb: 'join' }>,
): readonly LedgerState[] {
  const { tag, nonce, claims } = request
  const member = state.members.get(tag)
  const isTaken = state.dead.has(tag) || state.gone.has(tag)
  if (isTaken || (member !== undefined && member.nonce !== nonce)) {
    return reply === undefined || reply.status === 'taken' ? [state] : []
  }
  if (reply?.status === 'taken') return []
  const founded = state.epoch ?? { name: nonce, isWhole: false }
  const foundedFrom = state.epoch === undefined ? from : state.foundedFrom
  let next: LedgerState | undefined = { ...state, epoch: founded, foundedFrom }
  if (reply !== undefined) next = withEpoch(next, reply.epoch)
  if (next === undefined) return []
  const renewed = member ?? { nonce, seq: 0, flushSeq: 0, renewedFrom: from }
  const renewedFrom =
    reply === undefined ? renewed.renewedFrom : Math.max(renewed.renewedFrom, from)
  next = { ...next, members: new Map(next.members).set(tag, { ...renewed, renewedFrom }) }
  const granted =
    member === undefined
      ? settled(next, tag, claims, () => true)
      : { state: next, held: claims.map(({ key }) => heldBy(state, tag, key)) }
  return isSame(granted.held, reply?.credits) ? [granted.state] : []
}

function beaten(
  state: LedgerState,
  member: MemberState,
  { request, reply, from, to }: Extract<LedgerStep, { verb: 'beat' }>,
  { warmMs }: LedgerTimes,
): readonly LedgerState[] {
  const { tag, seq, claims } = request
  const status = reply?.status
  if (seq <= member.seq) return status === undefined || status === 'stale' ? [state] : []
  if (status !== undefined && status !== 'ok') return []
  // Nobody knows whether and when a request without reply was carried out: it may have been long ago.
  const renewedFrom = reply === undefined ? member.renewedFrom : Math.max(member.renewedFrom, from)
  const alive = {
    ...state,
    members: new Map(state.members).set(tag, { ...member, seq, renewedFrom }),
  }
  if (reply?.status === 'ok' && reply.reap !== undefined && !alive.dead.has(reply.reap)) return []
  const mayBeWarm = to - alive.foundedFrom >= warmMs - toleranceMs
  const result: LedgerState[] = []
  for (const isWarm of mayBeWarm ? [true, false] : [false]) {
    const { state: after, held } = settled(
      alive,
      tag,
      claims,
      (claim) => isWarm || claim.isHeld === true,
    )
    if (isSame(held, reply?.status === 'ok' ? reply.credits : undefined)) result.push(after)
  }
  return result
}

function reaped(
  state: LedgerState,
  { request: { dead }, reply }: Extract<LedgerStep, { verb: 'reap' }>,
): readonly LedgerState[] {
  const isDone = reply?.status === 'ok' ? reply.isDone : undefined
  if (!state.dead.has(dead)) return isDone === false ? [] : [state]
  const withoutCredits = { ...state, credits: withoutNode(state.credits, dead) }
  const left = new Set(state.dead)
  left.delete(dead)
  const done = { ...withoutCredits, dead: left, gone: new Set(state.gone).add(dead) }
  if (isDone === true) return [done]
  return isDone === false ? [withoutCredits, state] : [done, withoutCredits]
}

/** Begins a new epoch without nodes, because a node knows more than the ledger. */
function afresh(state: LedgerState, founder: NodeTag, from: number): LedgerState {
  let next = state
  for (const tag of state.members.keys()) next = bury(next, tag)
  return { ...next, epoch: { name: founder, isWhole: false }, foundedFrom: from }
}

/** Declares a node dead: its credits for the pool end at once, those under other limits when they are reaped. */
function bury(state: LedgerState, tag: NodeTag): LedgerState {
  const members = new Map(state.members)
  members.delete(tag)
  const credits = withHeld(state.credits, poolKey, tag, 0)
  return { ...state, members, dead: new Set(state.dead).add(tag), credits }
}

const heldBy = ({ credits }: LedgerState, tag: NodeTag, key: string): number =>
  credits.get(key)?.get(tag) ?? 0

function settled(
  state: LedgerState,
  tag: NodeTag,
  claims: readonly CreditClaim[],
  mayRaise: (claim: CreditClaim) => boolean,
): { readonly state: LedgerState; readonly held: readonly number[] } {
  let next = state
  const held = claims.map((claim) => {
    const { key, target, max } = claim
    const before = heldBy(next, tag, key)
    const free = Math.max(0, max - grantedOf(next, key))
    const raised = before + Math.min(target - before, free)
    const after = target <= before ? target : mayRaise(claim) ? raised : before
    if (after !== before) next = { ...next, credits: withHeld(next.credits, key, tag, after) }
    return after
  })
  return { state: next, held }
}

function withHeld(credits: Holdings, key: string, tag: NodeTag, held: number): Holdings {
  const before = credits.get(key)
  if ((before?.get(tag) ?? 0) === held) return credits
  const nodes = new Map(before)
  if (held === 0) nodes.delete(tag)
  else nodes.set(tag, held)
  return new Map(credits).set(key, nodes)
}

function withoutNode(credits: Holdings, tag: NodeTag): Holdings {
  let left = credits
  for (const key of credits.keys()) left = withHeld(left, key, tag, 0)
  return left
}

const isSame = (held: readonly number[], told: readonly number[] | undefined): boolean =>
  told === undefined || (told.length === held.length && held.every((n, index) => n === told[index]))
