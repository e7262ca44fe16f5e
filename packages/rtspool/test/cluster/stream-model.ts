import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ClusterStore, StreamRow } from '../../src/cluster/cluster-store.js'
import { ClusterStreams } from '../../src/cluster/node/cluster-streams.js'
import { StoreLoop } from '../../src/cluster/node/store-loop.js'
import type { ClusterStoreOptions } from '../../src/cluster/store-options.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

/** Times of the model, short enough that a history sees all of them. */
export const streamTimes = {
  leaseMs: 3000,
  graceMs: 2000,
  warmMs: 0,
} as const satisfies ClusterStoreOptions
const beatMs = 500
const stepMs = 50
const paths = ['/a', '/b', '/c'] as const

/** Store of the model, which can lose its data. */
export interface StreamModelStore extends ClusterStore {
  clear(): void | Promise<void>
}

export interface StreamModelOptions {
  readonly createStore: (clock: ManualClock) => StreamModelStore | Promise<StreamModelStore>
  /** Waits for a turn of the event loop, so that requests to a store on another machine can go on. */
  readonly nextTurn: () => Promise<unknown>
  readonly runs: number
  readonly seed?: number | undefined
  /** Reports the first history that fails as it is, for stores that are slow. */
  readonly endOnFailure?: boolean | undefined
}

const operations = {
  claim: 12,
  announce: 5,
  takeOver: 3,
  withdraw: 8,
  tick: 14,
  loseReply: 5,
  delay: 4,
  deliver: 5,
  cut: 2,
  heal: 5,
  die: 1,
  leave: 1,
  wipe: 1,
  lapse: 2,
  lateWithdrawal: 2,
  lateClaim: 2,
} as const
type Operation = keyof typeof operations

interface Step {
  readonly op: Operation
  readonly at: number
  readonly n: number
}

interface Node {
  member: { tag: string; epoch: string }
  readonly streams: ClusterStreams
  /** Paths at which a client publishes to the node: those that a claim was granted for, or that it has announced. */
  readonly live: Set<string>
  isCut: boolean
  /** Fate of the next request for a stream. */
  fault: 'reply' | 'late' | undefined
  seq: number
}

/** Three nodes that publish to the same paths, over a network that loses and delays. */
class StreamWorld {
  readonly #clock: ManualClock
  readonly #store: StreamModelStore
  readonly #nextTurn: () => Promise<unknown>
  readonly #nodes: Node[] = []
  /** Requests that the network still has. */
  readonly #late: (() => Promise<unknown>)[] = []
  /** Last row of each path, with the largest fencing number so far. */
  readonly #fences = new Map<string, StreamRow>()
  readonly #gone = new Set<string>()
  /** Rows at the last check whose node still publishes to the path. */
  readonly #kept = new Map<string, StreamRow>()
  #joins = 0
  #beatAt = 0
  /** Number of requests without a reply. */
  #open = 0

  constructor(clock: ManualClock, store: StreamModelStore, nextTurn: () => Promise<unknown>) {
    this.#clock = clock
    this.#store = store
    this.#nextTurn = nextTurn
  }

  async start(): Promise<void> {
    for (let n = 0; n < 3; n++) this.#nodes.push(this.#createNode())
    await this.#pass(beatMs)
  }

  async run({ op, at, n }: Step): Promise<void> {
    const node = this.#nodes[at] as Node
    const path = paths[n % paths.length] as string
    if (op === 'claim' || op === 'takeOver') await this.#claim(node, path, op === 'takeOver')
    if (op === 'announce' && !node.live.has(path)) {
      node.live.add(path)
      node.streams.announce(path, `${at} ${path}`)
    }
    if (op === 'withdraw') {
      node.live.delete(path)
      node.streams.withdraw(path)
    }
    if (op === 'tick') await this.#pass((n + 1) * 100)
    if (op === 'loseReply') node.fault = 'reply'
    if (op === 'delay') node.fault = 'late'
    if (op === 'deliver') await this.#late.splice(n % 2 === 0 ? 0 : -1, 1)[0]?.()
    if (op === 'cut') node.isCut = true
    if (op === 'heal') node.isCut = false
    if (op === 'die') {
      node.isCut = true
      await this.#pass(streamTimes.leaseMs + streamTimes.graceMs + 3 * beatMs)
      await this.#checkForgotten(node)
    }
    if (op === 'lapse') await this.#lapse(node, path, n)
    if (op === 'lateWithdrawal' || op === 'lateClaim') {
      await this.#comeLate(node, path, op, n % 2 === 0)
    }
    if (op === 'leave' && node.member.epoch !== '' && !node.isCut) {
      const { tag } = node.member
      await this.#store.leave(node.member)
      const row = (await this.#store.nodes()).find((each) => each.tag === tag)
      if (row?.state === 'dead') this.#gone.add(tag)
    }
    if (op === 'wipe') {
      await this.#store.clear()
      this.#gone.clear()
      this.#kept.clear()
      for (const [path, row] of this.#fences) this.#fences.set(path, { ...row, tag: '' })
    }
    await this.#settle()
    await this.#check(op)
  }

  /** Lets the lease of a node expire, whose path another node then claims. */
  async #lapse(node: Node, path: string, n: number): Promise<void> {
    const other = this.#nodes.find((each) => each !== node && !each.isCut)
    await this.#claim(node, path, false)
    node.isCut = true
    await this.#pass(streamTimes.leaseMs + (n % 4) * stepMs)
    if (other !== undefined) await this.#claim(other, path, false)
  }

  /** Lets a request arrive when the node has published to the path once more, or no longer does. */
  async #comeLate(
    node: Node,
    path: string,
    op: 'lateWithdrawal' | 'lateClaim',
    isBack: boolean,
  ): Promise<void> {
    if (node.isCut) return
    const withdraw = (): void => {
      node.live.delete(path)
      node.streams.withdraw(path)
    }
    if (op === 'lateClaim') withdraw()
    await this.#claim(node, path, false)
    node.fault = op === 'lateClaim' ? undefined : 'late'
    withdraw()
    await this.#pass(stepMs)
    if (op === 'lateClaim') {
      node.fault = 'late'
      node.live.add(path)
      node.streams.announce(path, 'late')
      await this.#pass(stepMs)
      withdraw()
      await this.#pass(stepMs)
    }
    node.fault = undefined
    if (isBack) await this.#claim(node, path, false)
    await this.#pass(stepMs)
    await this.#check('before a late request')
    await this.#late.pop()?.()
  }

  /** Ends all faults, and checks that directory and nodes agree. */
  async end(): Promise<void> {
    for (const node of this.#nodes) {
      node.isCut = false
      node.fault = undefined
    }
    this.#late.length = 0
    const { leaseMs, graceMs } = streamTimes
    await this.#pass(leaseMs + graceMs + 8 * beatMs)
    await this.#check('rest')
    const rows = (await this.#store.streams?.())?.streams ?? []
    const live = this.#nodes.flatMap(({ member, live: own }) =>
      [...own].map((path) => `${path} ${member.tag}`),
    )
    const listed = rows.map(({ path, tag }) => `${path} ${tag}`)
    assert.deepStrictEqual(listed, live.sort(), 'streams at rest')
    for (const { streams } of this.#nodes) {
      assert.deepStrictEqual(
        streams.list(),
        rows.map(({ claim: _, ...row }) => row),
        'list of a node at rest',
      )
      const looked = streams.lookup('/none')
      await this.#pass(2 * stepMs)
      assert.equal(await looked, undefined)
    }
    for (const { streams } of this.#nodes) await streams.close()
    await this.#settle()
    assert.equal(this.#clock.pendingTimers, 0, 'timers after the end')
  }

  #createNode(): Node {
    const clock = this.#clock
    const member = { tag: this.#newTag(), epoch: '' }
    const backoff = { firstMs: 100, maxMs: 100, jitter: 0 }
    const live = new Set<string>()
    const streams = new ClusterStreams({
      ...{ store: this.#faulty(() => node), member, clock },
      createLoop: (run) => new StoreLoop({ clock, backoff, run, onFailure: () => {} }),
      isAway: () => node.isCut,
    })
    streams.on('superseded', (path) => live.delete(path))
    const node: Node = { member, streams, live, isCut: false, fault: undefined, seq: 0 }
    return node
  }

  #newTag(): string {
    return (++this.#joins).toString(16).padStart(8, '0')
  }

  /** The store as a node reaches it. */
  #faulty(nodeOf: () => Node): Pick<ClusterStore, 'publish' | 'unpublish' | 'streams'> {
    const send = async <Reply>(request: () => Promise<Reply>): Promise<Reply> => {
      const node = nodeOf()
      if (node.isCut) throw new Error('the store is away')
      const { fault } = node
      node.fault = undefined
      if (fault === 'late') {
        this.#late.push(request)
        throw new Error('the request is late')
      }
      this.#open++
      try {
        const reply = await request()
        if (fault === 'reply') throw new Error('the reply is lost')
        return reply
      } finally {
        this.#open--
      }
    }
    const store = this.#store as Required<StreamModelStore>
    return {
      publish: (request) => send(() => store.publish(request)),
      unpublish: (request) => send(() => store.unpublish(request)),
      streams: (known) => send(() => store.streams(known)),
    }
  }

  async #claim(node: Node, path: string, takesOver: boolean): Promise<void> {
    if (node.live.has(path)) return
    node.live.add(path)
    const before = (await this.#store.streams?.())?.streams.find((row) => row.path === path)
    const isSafe = !node.isCut && node.fault === undefined && node.member.epoch !== ''
    const holder = await node.streams.claim(path, `of ${node.member.tag}`, { takesOver })
    if (holder !== undefined) node.live.delete(path)
    if (!isSafe || before === undefined || before.tag === node.member.tag) return
    const nodes = await this.#store.nodes()
    const state = nodes.find(({ tag }) => tag === before.tag)?.state
    const isMember = nodes.some(({ tag, state: own }) => tag === node.member.tag && own !== 'dead')
    if (!isMember) return
    if (state === 'active' && !takesOver) {
      assert.equal(holder, before.tag, `${path} of a living node is given away`)
    } else assert.equal(holder, undefined, `${path} of a silent node is refused`)
  }

  /** Invariants of every moment. */
  async #check(op: string): Promise<void> {
    const page = await this.#store.streams?.()
    const members = new Map((await this.#store.nodes()).map(({ tag, state }) => [tag, state]))
    assert.equal(await this.#store.streams?.(page?.version), undefined, 'the same list again')
    const rows = new Map((page?.streams ?? []).map((row) => [row.path, row]))
    for (const [path, { tag }] of this.#kept) {
      const isLeft = members.get(tag) === undefined || members.get(tag) === 'dead'
      const isLive = this.#nodes.some((each) => each.member.tag === tag && each.live.has(path))
      assert.ok(rows.has(path) || isLeft || !isLive, `${path} is lost after ${op}`)
    }
    this.#kept.clear()
    for (const row of rows.values()) {
      const { path, tag, fence, claim } = row
      const state = members.get(tag)
      assert.ok(state === 'active' || state === 'suspect', `${path} of a dead node after ${op}`)
      assert.ok(!this.#gone.has(tag), `${path} of a node that has left`)
      const before = this.#fences.get(path)
      if (before !== undefined && before.fence !== fence) {
        assert.ok(fence > before.fence, `fence of ${path} falls after ${op}`)
      } else if (before !== undefined) {
        assert.equal(tag, before.tag, `two holders of ${path} with one fence`)
        assert.equal(claim, before.claim, `two publications of ${path} with one fence`)
      }
      if (before?.tag === tag) {
        assert.ok(claim >= before.claim, `claim of ${path} falls`)
        if (claim === before.claim) assert.equal(fence, before.fence, `fence of one ${path}`)
      }
      this.#fences.set(path, row)
      const isLive = this.#nodes.some((each) => each.member.tag === tag && each.live.has(path))
      if (isLive) this.#kept.set(path, row)
    }
  }

  /** No node that reaches the store lists a stream of a node that is dead, or gone. */
  async #checkForgotten({ member }: Node): Promise<void> {
    const row = (await this.#store.nodes()).find(({ tag }) => tag === member.tag)
    if (row !== undefined && row.state !== 'dead') return
    for (const { isCut, streams, member: own } of this.#nodes) {
      if (isCut || own.epoch === '') continue
      const left = streams.list().filter(({ tag }) => tag === member.tag)
      assert.deepStrictEqual(left, [], 'streams of a dead node in the list of another')
    }
  }

  async #pass(ms: number): Promise<void> {
    const end = this.#clock.now() + ms
    while (this.#clock.now() < end) {
      this.#clock.advance(stepMs)
      await this.#settle()
      if (this.#clock.now() >= this.#beatAt) await this.#beat()
    }
  }

  /** Sends a sign of life of each node that reaches the store, as a node does. */
  async #beat(): Promise<void> {
    this.#beatAt = this.#clock.now() + beatMs
    for (const node of this.#nodes) {
      const { member } = node
      if (node.isCut) continue
      if (member.epoch === '') {
        const nonce = `${++this.#joins}`
        const reply = await this.#store.join({ tag: member.tag, nonce, info: '{}', claims: [] })
        if (reply.status === 'ok') Object.assign(member, { epoch: reply.epoch })
        else member.tag = this.#newTag()
        node.seq = 0
        continue
      }
      const seq = ++node.seq
      const numbers = { seq, answeredSeq: seq - 1, answeredFlushSeq: 0, live: 0 }
      const reply = await this.#store.beat({ ...member, ...numbers, claims: [], banCursor: '' })
      if (reply.status === 'fenced') member.tag = this.#newTag()
      if (reply.status !== 'ok') {
        member.epoch = ''
        continue
      }
      node.streams.noteBeat(reply)
      const { tag, epoch } = member
      if (reply.reap !== undefined) await this.#store.reap({ tag, epoch, dead: reply.reap })
    }
    await this.#settle()
  }

  /** Lets everything come to rest that does not wait for time. */
  async #settle(): Promise<void> {
    do await this.#nextTurn()
    while (this.#open > 0)
  }
}

/** Runs random histories of nodes that publish, and checks the rules of the stream directory. */
export async function checkStreams(options: StreamModelOptions): Promise<void> {
  const { createStore, nextTurn, runs, seed, endOnFailure = false } = options
  const ops = Object.entries(operations).map(([op, weight]) => ({
    weight,
    arbitrary: fc.constant(op as Operation),
  }))
  const step: fc.Arbitrary<Step> = fc.record({
    op: fc.oneof(...ops),
    at: fc.nat({ max: 2 }),
    n: fc.nat({ max: 11 }),
  })
  const steps = fc.array(step, { minLength: 20, maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const clock = new ManualClock()
      const world = new StreamWorld(clock, await createStore(clock), nextTurn)
      await world.start()
      for (const each of history) await world.run(each)
      await world.end()
    }),
    { numRuns: runs, endOnFailure, unbiased: true, ...(seed === undefined ? {} : { seed }) },
  )
}
