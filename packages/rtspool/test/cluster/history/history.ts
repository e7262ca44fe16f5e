import type {
  BeatReply,
  BeatRequest,
  FlushReply,
  FlushRequest,
  JoinReply,
  JoinRequest,
  ReapReply,
  ReapRequest,
} from '../../../src/cluster/cluster-store.js'

/** Request of a node to the ledger, and the reply; a request without reply may have been carried out or not. */
export type LedgerCall =
  | { readonly verb: 'join'; readonly request: JoinRequest; readonly reply?: JoinReply }
  | { readonly verb: 'beat'; readonly request: BeatRequest; readonly reply?: BeatReply }
  | { readonly verb: 'flush'; readonly request: FlushRequest; readonly reply?: FlushReply }
  | { readonly verb: 'reap'; readonly request: ReapRequest; readonly reply?: ReapReply }
  | {
      readonly verb: 'leave'
      readonly request: { readonly tag: string; readonly epoch: string }
      readonly reply?: object
    }
  /** Reads the number of credits that all nodes hold under a limit. */
  | {
      readonly verb: 'look'
      readonly request: { readonly key: string }
      readonly reply?: { readonly granted: number }
    }

/** Event in the history of a cluster. All times are milliseconds of one clock, which never steps. */
export type HistoryEvent =
  | {
      readonly kind: 'sent'
      readonly at: number
      readonly node: string
      /** Number of the request, of which no other request of the history has the same. */
      readonly id: string
      readonly call: LedgerCall
    }
  | {
      readonly kind: 'answered'
      readonly at: number
      readonly node: string
      readonly id: string
      readonly reply: object
    }
  /** The node waits for the reply to a request no longer. */
  | { readonly kind: 'failed'; readonly at: number; readonly node: string; readonly id: string }
  /** The ledger itself has carried a request out; only a ledger in this process tells. */
  | {
      readonly kind: 'carriedOut'
      readonly at: number
      readonly id: string
      readonly reply: object
    }
  /** A node has created a session, which uses one credit under each of the keys. */
  | {
      readonly kind: 'use'
      readonly at: number
      readonly node: string
      readonly session: string
      readonly keys: readonly string[]
    }
  /** A session has ended. */
  | {
      readonly kind: 'return'
      readonly at: number
      readonly node: string
      readonly session: string
      readonly reason: string
    }
  /** The process of a node has ended, and its sessions with it. */
  | { readonly kind: 'killed'; readonly at: number; readonly node: string }
  /** The process of a node stood still from `at` to `until`; the node tells so itself. */
  | {
      readonly kind: 'stalled'
      readonly at: number
      readonly until: number
      readonly node: string
    }
  /** The ledger has started again, at some time from `at` to `readyAt`, with the data that it has kept. */
  | {
      readonly kind: 'restarted'
      readonly at: number
      readonly readyAt: number
      readonly kept: 'nothing' | 'older'
    }

/** Step of the ledger, which it has carried out at some time between `from` and `to`. */
export type LedgerStep = { readonly from: number; readonly to: number } & (
  | ({ readonly node: string } & LedgerCall)
  | { readonly verb: 'restart'; readonly kept: 'nothing' | 'older' }
  /** The ledger declares a silent node dead; no request tells so. */
  | { readonly verb: 'death'; readonly tag: string }
)

/** Times of the ledger in milliseconds. */
export interface LedgerTimes {
  readonly leaseMs: number
  readonly graceMs: number
  readonly warmMs: number
}

/**
 * Returns the steps of the ledger that a history contains, each with the time from its request to its reply.
 *
 * @param isNarrow - Takes the times at which the ledger says that it has carried a request out, if the history has them.
 * @returns Steps in the order of their requests. A request without reply may come at any time, or never: `to` is
 *   `Infinity`, and `reply` is absent.
 */
export function stepsOf(history: readonly HistoryEvent[], isNarrow = false): LedgerStep[] {
  const replies = new Map<string, { at: number; reply: object }>()
  const done = new Map<string, { at: number; reply: object }>()
  for (const event of history) {
    if (event.kind === 'answered') replies.set(event.id, event)
    if (event.kind === 'carriedOut' && isNarrow) done.set(event.id, event)
  }
  const tells = done.size > 0
  const steps: LedgerStep[] = []
  for (const event of history) {
    if (event.kind === 'restarted') {
      steps.push({ verb: 'restart', kept: event.kept, from: event.at, to: event.readyAt })
    }
    if (event.kind !== 'sent') continue
    const { id, at, node, call } = event
    const carriedOut = done.get(id)
    if (tells && carriedOut === undefined) continue
    const answer = carriedOut ?? replies.get(id)
    const from = carriedOut?.at ?? at
    const step = { ...call, node, from, to: answer?.at ?? Number.POSITIVE_INFINITY }
    steps.push((answer === undefined ? step : { ...step, reply: answer.reply }) as LedgerStep)
  }
  return steps.sort((a, b) => a.from - b.from)
}
