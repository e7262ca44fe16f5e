import type { LedgerStep, LedgerTimes } from './history.js'
import { deathsBefore, emptyLedger, type LedgerState, statesAfter } from './ledger-spec.js'

/** Step in its place of an order, and the state of the ledger behind it. */
export interface PlacedStep {
  readonly step: LedgerStep
  readonly state: LedgerState
}

/** Result of {@link explain}: an order of the steps, or the step at which every order ends. */
export type Explanation =
  | { readonly isExplained: true; readonly order: readonly PlacedStep[] }
  | { readonly isExplained: false; readonly problem: string }

/** Milliseconds before its end whose steps a ledger may lack that has returned with older data. */
const lostMs = 2500
/** Number of arrangements after which the search ends. */
const maxVisits = 300_000

/** Beginning of an order: its last step, and what is left to be placed. */
interface Path {
  readonly parent: Path | undefined
  readonly step: LedgerStep | undefined
  readonly state: LedgerState
  /** Number of the first step with a reply that is not placed. */
  readonly base: number
  /** Numbers of placed steps with a reply behind `base`. */
  readonly ahead: readonly number[]
  /** Steps without reply that may still be placed; `nextOpen` is the first one that was not looked at. */
  readonly open: readonly number[]
  readonly nextOpen: number
  readonly placed: number
}

/**
 * Searches an order of the steps in which a ledger with the rules of `ledger-spec.ts` gives all replies of a history. Each
 * step stands between its request and its reply; a step without reply stands behind its request, or nowhere.
 *
 * After Wing and Gong, with the states that were reached before kept aside (Lowe).
 *
 * @param steps - Steps in the order of their requests.
 */
export function explain(steps: readonly LedgerStep[], times: LedgerTimes): Explanation {
  const answered = steps.filter(({ to }) => to !== Number.POSITIVE_INFINITY)
  const unanswered = steps.filter(({ to }) => to === Number.POSITIVE_INFINITY)
  const start: Path = {
    ...{ parent: undefined, step: undefined, state: emptyLedger, base: 0, ahead: [] },
    ...{ open: [], nextOpen: 0, placed: 0 },
  }
  const stack = [[start].values() as Iterator<Path>]
  const seen = new Set<string>()
  let deepest = start
  let visits = 0
  for (let top = stack.at(-1); top !== undefined && visits <= maxVisits; top = stack.at(-1)) {
    const { value: path, done } = top.next()
    if (done) {
      stack.pop()
      continue
    }
    const key = keyOf(path)
    if (seen.has(key)) continue
    seen.add(key)
    visits++
    if (path.base === answered.length) return { isExplained: true, order: orderOf(path) }
    if (path.placed > deepest.placed) deepest = path
    stack.push(nextPaths(path, answered, unanswered, times))
  }
  const end = visits > maxVisits ? `no order among ${maxVisits} arrangements` : 'no order'
  return { isExplained: false, problem: `${end} explains ${stuckAt(deepest, answered)}` }
}

/** Yields the paths with one more step, the most likely one first. */
function* nextPaths(
  path: Path,
  answered: readonly LedgerStep[],
  unanswered: readonly LedgerStep[],
  times: LedgerTimes,
): Generator<Path, undefined> {
  const ready: number[] = []
  let latest = Number.POSITIVE_INFINITY
  for (let n = path.base; n < answered.length; n++) {
    const { from, to } = answered[n] as LedgerStep
    if (from > latest) break
    if (path.ahead.includes(n)) continue
    ready.push(n)
    latest = Math.min(latest, to)
  }
  const isReady = (n: number): boolean => (answered[n] as LedgerStep).from <= latest
  const byReply = ready.filter(isReady).sort((a, b) => toOf(answered, a) - toOf(answered, b))
  const open = [...path.open]
  let { nextOpen } = path
  while (nextOpen < unanswered.length && (unanswered[nextOpen] as LedgerStep).from <= latest) {
    open.push(nextOpen++)
  }
  for (const n of byReply) {
    const given = answered[n] as LedgerStep
    // Its place is before that of the first reply that is to come.
    const step = { ...given, to: Math.min(given.to, latest) }
    const places = placesAfter(path.base, path.ahead, n)
    const states =
      step.verb === 'restart' && step.kept === 'older'
        ? olderStates(path, step.from)
        : statesAfter(path.state, step, times)
    for (const state of states) {
      const left = stillOpen(state, open, unanswered)
      yield { ...places, parent: path, step, state, open: left, nextOpen, placed: path.placed + 1 }
    }
  }
  // A death has its place before the first step that needs it.
  for (const step of deathsBefore(path.state, latest, times)) {
    for (const state of statesAfter(path.state, step, times))
      yield {
        ...path,
        parent: path,
        step,
        state,
        nextOpen,
        open: stillOpen(state, open, unanswered),
      }
  }
  for (const n of open) {
    const step = { ...(unanswered[n] as LedgerStep), to: latest }
    const others = open.filter((each) => each !== n)
    for (const state of statesAfter(path.state, step, times)) {
      if (!isDifferent(path.state, state)) continue
      const left = stillOpen(state, others, unanswered)
      const { base, ahead, placed } = path
      yield { parent: path, step, state, base, ahead, open: left, nextOpen, placed }
    }
  }
}

/** Returns the requests without reply that can still change credits; a beat of a node that has gone on cannot. */
function stillOpen(
  { epoch, members, dead, gone }: LedgerState,
  open: readonly number[],
  unanswered: readonly LedgerStep[],
): number[] {
  return open.filter((n) => {
    const step = unanswered[n] as LedgerStep
    if (step.verb === 'restart' || step.verb === 'death' || step.verb === 'look') return false
    // It may arrive after a loss of data.
    if (step.verb === 'join') return true
    if (epoch?.isWhole && step.request.epoch !== epoch.name) return false
    const { tag } = step.request
    if (dead.has(tag) || gone.has(tag)) return false
    const member = members.get(tag)
    if (step.verb === 'beat') return member === undefined || step.request.seq > member.seq
    // The node repeats a batch until it has a reply.
    return step.verb !== 'flush' || member === undefined
  })
}

const toOf = (steps: readonly LedgerStep[], n: number): number => (steps[n] as LedgerStep).to

function placesAfter(base: number, ahead: readonly number[], n: number) {
  const placed = new Set([...ahead, n])
  let first = base
  while (placed.delete(first)) first++
  return { base: first, ahead: [...placed].sort((a, b) => a - b) }
}

/** Tells whether a request without reply makes a difference to others: in credits, or in the nodes that hold them. */
const isDifferent = (before: LedgerState, after: LedgerState): boolean =>
  before.credits !== after.credits ||
  before.members.size !== after.members.size ||
  before.gone !== after.gone

/** Returns the states that a ledger may return to which has lost its last moments, the latest one first. */
function olderStates(path: Path, endedAt: number): LedgerState[] {
  const states: LedgerState[] = []
  for (let at: Path | undefined = path; at !== undefined; at = at.parent) {
    if (states.at(-1) !== at.state) states.push(at.state)
    if (at.step !== undefined && at.step.to < endedAt - lostMs) break
  }
  return states
}

function orderOf(end: Path): PlacedStep[] {
  const order: PlacedStep[] = []
  for (let at: Path | undefined = end; at?.step !== undefined; at = at.parent) {
    order.push({ step: at.step, state: at.state })
  }
  return order.reverse()
}

const keyOf = ({ state, base, ahead, open, nextOpen }: Path): string =>
  [base, ahead.join(), open.join(), nextOpen, keyOfState(state)].join('|')

const keyOfState = ({ epoch, foundedFrom, members, dead, gone, credits }: LedgerState): string => {
  const rows = [...members].map(
    ([tag, each]) => `${tag}${each.seq}.${each.flushSeq}.${each.renewedFrom}`,
  )
  const held = [...credits].map(([key, nodes]) => `${key}${[...nodes].sort().join(';')}`)
  return [
    ...[epoch?.name, foundedFrom, rows.sort().join(';'), [...dead].sort().join(';')],
    ...[gone.size, held.sort().join('/')],
  ].join('|')
}

function stuckAt(path: Path, answered: readonly LedgerStep[]): string {
  const left = answered.filter((_, n) => n >= path.base && !path.ahead.includes(n))
  const first = left.reduce((a, b) => (b.to < a.to ? b : a))
  const { state } = path
  const held = [...state.credits].map(([key, nodes]) => `${key} ${JSON.stringify([...nodes])}`)
  const members = [...state.members].map(([tag, { seq }]) => `${tag} at ${seq}`)
  return `${JSON.stringify(first)} after ${path.placed} steps; members: ${members.join(', ')}; credits: ${held.join(', ')}`
}
