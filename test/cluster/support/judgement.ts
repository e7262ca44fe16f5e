import { explain } from '../../../packages/rtspool/test/cluster/history/explain.js'
import {
  type HistoryEvent,
  stepsOf,
} from '../../../packages/rtspool/test/cluster/history/history.js'
import {
  fullestMoment,
  misusedCredits,
} from '../../../packages/rtspool/test/cluster/history/session-bounds.js'
import type { NodeSettings } from './node-process.js'

/** Facts about the history of a cluster of processes. */
export interface Judgement {
  /** Sentences that say what is wrong; none = all is well. */
  readonly problems: readonly string[]
  /** Number of requests to the ledger that an order explains. */
  readonly requests: number
  readonly sessions: number
  /** Number of sessions of all nodes at the fullest moment, and what was allowed at most. */
  readonly live: number
  readonly bound: number
  /** The same for the user who had the most sessions; 0 without limits of users. */
  readonly liveOfUser: number
  readonly boundOfUser: number
  /** Number of sessions that have ended for other reasons than that they were over. */
  readonly lost: number
}

/** Users who come after {@link NodeProcess.strangers}. */
const strangers = ['eli', 'fay', 'gus', 'hal']

/** Users of the sessions, each with a limit of its own. */
export const users = ['ann', 'bob', 'cy', 'dee', ...strangers]

/** Returns the names of the nodes that have admitted users who have not come before. */
export const nodesWithStrangers = (history: readonly HistoryEvent[]): string[] => {
  const isOfStranger = (key: string) => strangers.some((user) => key === `user ${user}`)
  const nodes = history.flatMap((event) =>
    event.kind === 'use' && event.keys.some(isOfStranger) ? [event.node] : [],
  )
  return [...new Set(nodes)].sort()
}

/** Judges a history: whether an order explains it, no node misused a credit, and no limit was exceeded. */
export function judge(
  history: readonly HistoryEvent[],
  { policy, times, maxSessions, maxOfUser, overdraft }: NodeSettings,
): Judgement {
  const problems = [...misusedCredits(history, { policy, overdraft })]
  const steps = stepsOf(history)
  const explained = explain(steps, times)
  if (!explained.isExplained) problems.push(explained.problem)
  const order = explained.isExplained ? explained.order : []
  const limits = [
    ['pool', maxSessions] as const,
    ...(maxOfUser > 0 ? users.map((user) => [`user ${user}`, maxOfUser] as const) : []),
  ]
  const fullest = limits.map(([key, max]) => {
    const most = fullestMoment(history, order, { policy, times, key, max, overdraft })
    if (most.brokenAt !== undefined) {
      problems.push(`${most.live} sessions of ${key}, at most ${most.bound} were allowed`)
    }
    return most
  })
  const uses = history.filter(({ kind }) => kind === 'use')
  const lost = history.filter((event) => event.kind === 'return' && event.reason !== 'teardown')
  return {
    ...{ problems, requests: steps.length, sessions: uses.length, lost: lost.length },
    liveOfUser: Math.max(0, ...fullest.slice(1).map(({ live }) => live)),
    boundOfUser: Math.max(0, ...fullest.slice(1).map(({ bound }) => bound)),
    ...{ live: fullest[0]?.live ?? 0, bound: fullest[0]?.bound ?? maxSessions },
  }
}
