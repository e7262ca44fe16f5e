import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type ClusterStore, type NodeTag, poolKey } from '../../../src/cluster/cluster-store.js'
import { ClusterMember, type PartitionPolicy } from '../../../src/cluster/node/cluster-member.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { explain } from './explain.js'
import { type HistoryEvent, type LedgerCall, type LedgerTimes, stepsOf } from './history.js'
import { fullestMoment, misusedCredits } from './session-bounds.js'

/** Times of the ledger in these histories, short enough that each of them passes often. */
export const historyTimes = {
  leaseMs: 1500,
  graceMs: 1000,
  warmMs: 1500,
} as const satisfies LedgerTimes
const beatMs = 500
const flushMs = 250
const timeoutMs = 700
const stepMs = 50
const maxSessions = 9
const maxOfUser = 4
/** Sessions beyond the credits of a node under each limit of a user, while the ledger does not reply. */
const overdraft = 1
const users = ['a', 'b'] as const
/** Limits at which an operator looks in turn. */
const looks = [poolKey, ...users.map((user) => `user ${user}`)]

/** Ledger of these histories. */
export interface HistoryStore extends ClusterStore {
  /** Loses all data. */
  clear(): void
}

type Fate = 'arrives' | 'late' | 'requestLost' | 'replyLost'

/** One step of a history: `stepMs` pass, and a node does something. */
interface Turn {
  readonly node: number
  readonly act:
    | 'nothing'
    | 'create'
    | 'burst'
    | 'end'
    | 'endAll'
    | 'cut'
    | 'kill'
    | 'hang'
    | 'empty'
  /** Chooses among sessions, users, delays and fates. */
  readonly n: number
}

interface Node {
  name: string
  readonly member: ClusterMember
  readonly sessions: Map<string, readonly string[]>
  cutUntil: number
  upAt: number
  beatAt: number
  flushAt: number
  isBeating: boolean
  isFlushing: boolean
  dead: NodeTag | undefined
}

interface Due {
  readonly at: number
  readonly serial: number
  readonly run: () => void | Promise<void>
}

/** Cluster of three nodes whose requests take time, overtake each other, and get lost. It records its history. */
export class HistoryWorld {
  readonly history: HistoryEvent[] = []
  readonly #clock = new ManualClock(0)
  readonly #store: HistoryStore
  readonly #policy: PartitionPolicy
  readonly #nodes: Node[]
  readonly #due: Due[] = []
  #counter = 0
  #looks = 0
  #fates = 0
  #hungUntil = 0
  #held: (() => void | Promise<void>)[] = []

  constructor(createStore: (clock: ManualClock) => HistoryStore, policy: PartitionPolicy) {
    this.#store = createStore(this.#clock)
    this.#policy = policy
    this.#nodes = [0, 1, 2].map((index) => this.#start(index))
  }

  async turn({ node: index, act, n }: Turn): Promise<void> {
    this.#fates = n
    const node = this.#nodes[index] as Node
    const now = this.#clock.now()
    const { leaseMs, graceMs } = historyTimes
    const isUp = node.upAt <= now
    if (act === 'create' && isUp) this.#create(node, n)
    if (act === 'burst' && isUp) for (let i = 0; i < 4; i++) this.#create(node, n + i)
    if (act === 'end' && isUp) this.#end(node, [...node.sessions.keys()][n % 3], 'teardown')
    if (act === 'endAll' && isUp)
      for (const id of node.sessions.keys()) this.#end(node, id, 'teardown')
    if (act === 'cut') node.cutUntil = now + (2 + (n % 4)) * ((leaseMs + graceMs) / 2)
    if (act === 'kill' && isUp) this.#kill(node, now + (1 + (n % 4)) * 1500)
    if (act === 'hang') this.#hungUntil = now + (1 + (n % 4)) * ((leaseMs + graceMs) / 3)
    if (act === 'empty') this.#empty()
    await this.#pass()
  }

  /** Lets everything arrive, and looks at the ledger. */
  async rest(): Promise<void> {
    for (let passed = 0; passed < 1500; passed += stepMs) await this.#pass()
  }

  async #pass(): Promise<void> {
    for (const node of this.#nodes) {
      if (node.upAt > this.#clock.now()) continue
      node.member.checkLease(this.#clock.now())
      if (!node.isBeating && node.beatAt <= this.#clock.now()) this.#beat(node)
      if (!node.isFlushing && node.flushAt <= this.#clock.now()) this.#flush(node)
      if (node.dead !== undefined) this.#reap(node, node.dead)
    }
    this.#look()
    const end = this.#clock.now() + stepMs
    for (;;) {
      const next = this.#due.sort((a, b) => a.at - b.at || a.serial - b.serial)[0]
      if (next === undefined || next.at > end) break
      this.#due.shift()
      this.#clock.advance(Math.max(0, next.at - this.#clock.now()))
      await next.run()
    }
    this.#clock.advance(end - this.#clock.now())
    if (this.#hungUntil <= this.#clock.now()) {
      for (const each of this.#held.splice(0)) await each()
    }
  }

  #start(index: number): Node {
    const name = `${'abc'[index]}${++this.#counter}`
    const node: Node = {
      ...{ name, sessions: new Map(), cutUntil: 0, upAt: 0, dead: undefined },
      ...{
        beatAt: this.#clock.now() + index * 30,
        flushAt: 0,
        isBeating: false,
        isFlushing: false,
      },
      member: new ClusterMember({
        ...{ info: '{}', policy: this.#policy, leaseMs: historyTimes.leaseMs },
        ...{ spareCredits: 2, overdraft, maxPendingRemovals: 1000 },
        createTag: () => (++this.#counter).toString(16).padStart(8, '0'),
        createNonce: () => `n${++this.#counter}`,
        onFenced: () => {
          for (const id of node.sessions.keys()) this.#end(node, id, 'fenced')
        },
      }),
    }
    return node
  }

  #kill(node: Node, upAt: number): void {
    this.history.push({ kind: 'killed', at: this.#clock.now(), node: node.name })
    const index = this.#nodes.indexOf(node)
    this.#nodes[index] = Object.assign(this.#start(index), { upAt, beatAt: upAt })
    // The reply to a request of the old process finds nobody.
    node.name = ''
  }

  #create(node: Node, n: number): void {
    const user = `user ${users[n % users.length]}`
    const demands = [
      { key: poolKey, max: maxSessions },
      { key: user, max: maxOfUser },
    ]
    if (node.member.tryTake(demands, this.#clock.now()) !== undefined) return
    const session = `s${++this.#counter}`
    const keys = demands.map(({ key }) => key)
    node.sessions.set(session, keys)
    node.member.journal.put(session, '')
    this.history.push({ kind: 'use', at: this.#clock.now(), node: node.name, session, keys })
  }

  #end(node: Node, session: string | undefined, reason: string): void {
    const keys = session === undefined ? undefined : node.sessions.get(session)
    if (session === undefined || keys === undefined) return
    node.sessions.delete(session)
    node.member.credits.release(keys)
    node.member.journal.remove(session, reason)
    const at = this.#clock.now()
    this.history.push({ kind: 'return', at, node: node.name, session, reason })
  }

  #empty(): void {
    // What waited for the ledger has been sent to the one that has ended.
    this.#held = []
    this.#hungUntil = 0
    this.#store.clear()
    const at = this.#clock.now()
    this.history.push({ kind: 'restarted', at, readyAt: at, kept: 'nothing' })
  }

  #beat(node: Node): void {
    const { member } = node
    const sentAt = this.#clock.now()
    const join = member.joinRequest()
    const request = join === undefined ? member.beatRequest(sentAt) : undefined
    if (join === undefined && request === undefined) return
    node.isBeating = true
    const next = (delayMs: number): void => {
      node.isBeating = false
      node.beatAt = this.#clock.now() + delayMs
    }
    const onTimeout = (): void => {
      member.failed()
      next(beatMs / 4)
    }
    if (join !== undefined) {
      this.#send(node, { verb: 'join', request: join }, onTimeout, (reply) => {
        member.joinAnswered(join, reply as never, sentAt, this.#clock.now())
        next(0)
      })
    } else if (request !== undefined) {
      this.#send(node, { verb: 'beat', request }, onTimeout, (reply) => {
        const told = reply as Awaited<ReturnType<ClusterStore['beat']>>
        member.beatAnswered(request, told, sentAt, this.#clock.now())
        if (told.status === 'ok') node.dead ??= told.reap
        next(told.status === 'ok' && !member.credits.isShort ? beatMs : stepMs)
      })
    }
  }

  #flush(node: Node): void {
    const { member } = node
    const request = member.flushRequest(this.#clock.now())
    node.flushAt = this.#clock.now() + flushMs
    if (request === undefined) return
    node.isFlushing = true
    const onTimeout = (): void => {
      node.isFlushing = false
    }
    this.#send(node, { verb: 'flush', request }, onTimeout, (reply) => {
      node.isFlushing = false
      member.flushAnswered(request, reply as never)
    })
  }

  #reap(node: Node, dead: NodeTag): void {
    node.dead = undefined
    const { tag, epoch } = node.member
    if (epoch === '') return
    const request = { tag, epoch, dead }
    this.#send(
      node,
      { verb: 'reap', request },
      () => {},
      (reply) => {
        const told = reply as Awaited<ReturnType<ClusterStore['reap']>>
        if (told.status === 'ok' && !told.isDone) node.dead = dead
      },
    )
  }

  /** Reads the credits under each limit in turn, as an operator does, who is not cut off. */
  #look(): void {
    if (this.#hungUntil > this.#clock.now()) return
    const key = looks[++this.#looks % looks.length] as string
    const id = `r${++this.#counter}`
    const at = this.#clock.now()
    const call: LedgerCall = { verb: 'look', request: { key } }
    this.history.push({ kind: 'sent', at, node: 'operator', id, call })
    this.#later(0, async () => {
      const { granted } = await this.#store.usage(key)
      this.#carriedOut('operator', id, { granted }, true)
    })
  }

  #send(
    node: Node,
    call: LedgerCall,
    onTimeout: () => void,
    onReply: (reply: object) => void,
  ): void {
    const { name } = node
    const id = `r${++this.#counter}`
    this.history.push({ kind: 'sent', at: this.#clock.now(), node: name, id, call })
    let isOver = false
    this.#later(timeoutMs, () => {
      if (isOver) return
      isOver = true
      if (node.name !== name) return
      this.history.push({ kind: 'failed', at: this.#clock.now(), node: name, id })
      onTimeout()
    })
    const fate = this.#nextFate()
    if (fate === 'requestLost' || node.cutUntil > this.#clock.now()) return
    const delayMs = fate === 'late' ? timeoutMs + (this.#fates % 7) * 300 : (this.#fates % 5) * 40
    const carryOut = async (): Promise<void> => {
      const send = this.#store[call.verb as 'beat'] as (request: unknown) => Promise<object>
      const reply = structuredClone(await send.call(this.#store, call.request))
      this.#carriedOut(name, id, reply, false)
      if (fate === 'replyLost' || node.cutUntil > this.#clock.now()) return
      this.#later((this.#fates % 3) * 60, () => {
        if (isOver || node.name !== name) return
        isOver = true
        this.history.push({ kind: 'answered', at: this.#clock.now(), node: name, id, reply })
        onReply(reply)
      })
    }
    this.#later(delayMs, () => {
      if (this.#hungUntil > this.#clock.now()) this.#held.push(carryOut)
      else return carryOut()
    })
  }

  #carriedOut(node: string, id: string, reply: object, isAnswered: boolean): void {
    const at = this.#clock.now()
    this.history.push({ kind: 'carriedOut', at, id, reply })
    if (isAnswered) this.history.push({ kind: 'answered', at, node, id, reply })
  }

  /** Most requests arrive; the numbers of the history choose those that do not. */
  #nextFate(): Fate {
    this.#fates = (this.#fates * 31 + 7) % 1009
    const fates: readonly Fate[] = ['late', 'requestLost', 'replyLost']
    return fates[this.#fates % 50] ?? 'arrives'
  }

  #later(delayMs: number, run: () => void | Promise<void>): void {
    this.#due.push({ at: this.#clock.now() + delayMs, serial: ++this.#counter, run })
  }
}

const acts = {
  nothing: 30,
  create: 12,
  burst: 8,
  end: 8,
  endAll: 2,
  cut: 2,
  kill: 2,
  hang: 1,
  empty: 1,
} as const

/** Kinds of histories: under both policies, with and without losses of data. */
export const historyKinds = [
  { policy: 'strict', hasLosses: false },
  { policy: 'keep', hasLosses: false },
  { policy: 'strict', hasLosses: true },
  { policy: 'keep', hasLosses: true },
] as const

/** Checks a whole history: an order explains its replies, no node misused a credit, and no limit was exceeded. */
export function checkHistory(history: readonly HistoryEvent[], policy: PartitionPolicy): void {
  assert.deepStrictEqual(
    misusedCredits(history, { policy, overdraft }),
    [],
    'credits that nodes used',
  )
  for (const isNarrow of [true, false]) {
    const explained = explain(stepsOf(history, isNarrow), historyTimes)
    if (!explained.isExplained) assert.fail(explained.problem)
    for (const [key, max] of [
      [poolKey, maxSessions],
      ...users.map((user) => [`user ${user}`, maxOfUser] as const),
    ] as const) {
      const { live, bound, brokenAt } = fullestMoment(history, explained.order, {
        ...{ policy, times: historyTimes, key, max, overdraft },
      })
      assert.equal(brokenAt, undefined, `${live} sessions of ${key}, at most ${bound} were allowed`)
    }
  }
}

/** Histories of some ten to twenty seconds. */
export function turnsOf(hasLosses: boolean): fc.Arbitrary<Turn[]> {
  const weighted = Object.entries(acts).flatMap(([act, weight]) =>
    act === 'empty' && !hasLosses ? [] : [{ weight, arbitrary: fc.constant(act as Turn['act']) }],
  )
  const turn = fc.record({
    node: fc.nat({ max: 2 }),
    act: fc.oneof(...weighted),
    n: fc.nat({ max: 1008 }),
  })
  return fc.array(turn, { minLength: 120, maxLength: 260, size: 'max' })
}

/** Runs random histories of three nodes, and checks each of them when it is over. */
export async function checkHistories({
  createStore,
  policy,
  hasLosses,
  runs,
  seed,
}: {
  readonly createStore: (clock: ManualClock) => HistoryStore
  readonly policy: PartitionPolicy
  readonly hasLosses: boolean
  readonly runs: number
  readonly seed: number
}): Promise<void> {
  const turns = turnsOf(hasLosses)
  await fc.assert(
    fc.asyncProperty(turns, async (each) => {
      const world = new HistoryWorld(createStore, policy)
      for (const one of each) await world.turn(one)
      await world.rest()
      checkHistory(world.history, policy)
    }),
    { numRuns: runs, seed, unbiased: true, endOnFailure: true },
  )
}
