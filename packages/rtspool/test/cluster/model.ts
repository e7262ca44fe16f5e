import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type BeatReply,
  type BeatRequest,
  type ClusterStore,
  type FlushRequest,
  type JoinReply,
  poolKey,
} from '../../src/cluster/cluster-store.js'
import { ClusterMember, type PartitionPolicy } from '../../src/cluster/node/cluster-member.js'
import type { ClusterStoreOptions } from '../../src/cluster/store-options.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

/** Times and limits of the model, short enough that a history sees all of them. */
export const modelTimes = {
  leaseMs: 3000,
  graceMs: 3000,
  warmMs: 3000,
} as const satisfies ClusterStoreOptions
const beatMs = 500
const maxSessions = 12
const maxOfUser = 4
/** Sessions of a user beyond the credits of a node, while its ledger does not reply. */
const overdraft = 1
const users = ['a', 'b', 'c'] as const
const hourMs = 3_600_000
/** Period of the shared counters, which no history reaches. */
const windowMs = 1e9
const firstCharacters = 'ABab09_-'

export interface ModelStore extends ClusterStore {
  /** Loses all data. */
  clear(): void | Promise<void>
  /** Saves all data for `restore`. */
  save?(): void
  /** Returns to the data that were saved last. */
  restore?(): Promise<void>
}

export interface ModelOptions {
  readonly createStore: (clock: ManualClock) => ModelStore | Promise<ModelStore>
  readonly policy: PartitionPolicy
  readonly hasJumps: boolean
  readonly hasWipes: boolean
  /** The ledger returns with older data, for stores with `save` and `restore`. */
  readonly hasReturns?: boolean | undefined
  /** Nodes without their ledger get many sessions. */
  readonly isOftenAlone?: boolean | undefined
  readonly runs: number
  readonly seed?: number | undefined
  /** Reports the first history that fails as it is, for stores that are slow. */
  readonly endOnFailure?: boolean | undefined
}

const operations = {
  create: 12,
  burst: 4,
  remove: 8,
  beat: 14,
  flush: 10,
  loseBeatReply: 4,
  loseFlushReply: 4,
  delayBeat: 3,
  delayFlush: 3,
  deliver: 6,
  cut: 2,
  heal: 4,
  crash: 1,
  restart: 4,
  die: 1,
  tick: 6,
  ban: 3,
  unban: 2,
  manyBans: 1,
} as const
type Operation =
  | keyof typeof operations
  | 'jump'
  | 'wipe'
  | 'save'
  | 'restore'
  | 'empty'
  | 'others'
  | 'calm'
  | 'grow'

/**
 * Sequences that random operations meet too rarely: each is a way in which a message arrives too late. The numbers choose
 * among variants.
 */
const sequences: Readonly<Record<string, (n: number) => readonly Operation[]>> = {
  lateBeatOfSmallNode: () => ['delayBeat', 'burst', 'beat', 'burst', 'beat', 'deliver'],
  lateBeatOfLargeNode: () => ['burst', 'delayBeat', 'remove', 'remove', 'beat', 'deliver', 'beat'],
  lateReply: () => ['burst', 'beat', 'burst', 'loseBeatReply', 'empty', 'beat', 'deliver', 'burst'],
  lateFlush: () => ['grow', 'delayFlush', 'flush', 'remove', 'flush', 'deliver'],
  dieAndReturn: (n) => [
    'grow',
    'flush',
    'grow',
    'remove',
    n % 2 === 0 ? 'loseFlushReply' : 'delayFlush',
    'die',
    'others',
    'others',
    'heal',
    'create',
    n % 3 === 0 ? 'flush' : 'beat',
    n % 3 === 1 ? 'loseBeatReply' : 'beat',
    'beat',
    'flush',
  ],
}

const sequencesOfLoss: typeof sequences = {
  loseDataApart: () => [
    'burst',
    'beat',
    'burst',
    'beat',
    'flush',
    'cut',
    'wipe',
    'others',
    'others',
  ],
  loseDataWhileFenced: () => [
    'ban',
    'beat',
    'die',
    'heal',
    'beat',
    'wipe',
    'others',
    'ban',
    'beat',
    'beat',
  ],
  loseDataInBetween: (n) => [
    'grow',
    'flush',
    'grow',
    'remove',
    n % 2 === 0 ? 'loseFlushReply' : 'delayFlush',
    'create',
    'wipe',
    'beat',
    n % 3 === 0 ? 'beat' : 'loseBeatReply',
    'beat',
    'flush',
  ],
}

const sequencesOfReturn: typeof sequences = {
  returnBeforeJoin: (n) => [
    'grow',
    'flush',
    'save',
    'crash',
    'restart',
    'beat',
    'beat',
    'grow',
    'flush',
    'ban',
    'beat',
    'restore',
    n % 2 === 0 ? 'flush' : 'beat',
    'beat',
    'beat',
    'flush',
  ],
  returnBetweenBeats: () => [
    'grow',
    'flush',
    'save',
    'remove',
    'flush',
    'restore',
    'beat',
    'beat',
    'flush',
  ],
  returnWithOlderData: (n) => [
    'grow',
    'flush',
    'ban',
    'beat',
    'save',
    'ban',
    'grow',
    'remove',
    n % 2 === 0 ? 'flush' : 'loseFlushReply',
    n % 3 === 0 ? 'manyBans' : 'ban',
    'unban',
    'beat',
    n % 5 === 0 ? 'others' : 'tick',
    'restore',
    n % 3 === 1 ? 'others' : 'beat',
    'beat',
    'flush',
  ],
}

/** Sequences in which a node without its ledger gets sessions of users. */
const sequencesAlone: typeof sequences = {
  newUsers: () => ['cut', 'beat', 'create', 'create', 'burst', 'heal', 'beat', 'beat'],
  // Every third operation of a sequence is for the same users.
  fullUser: () => [
    ...(['grow', 'beat', 'beat', 'grow', 'beat', 'beat', 'grow', 'beat', 'beat'] as const),
    ...(['cut', 'beat', 'beat', 'burst', 'burst', 'heal', 'beat'] as const),
  ],
}

interface Step {
  readonly op: Operation
  readonly at: number
  readonly n: number
}

type Late =
  | { readonly kind: 'beat'; readonly request: BeatRequest }
  | { readonly kind: 'flush'; readonly request: FlushRequest }
  | { readonly kind: 'reply'; readonly apply: () => void }

/** A node of the model: its sessions, and the state of the network before it. */
interface Node {
  member: ClusterMember
  readonly sessions: Map<string, readonly string[]>
  /** End of each ban that the node knows, in monotonic milliseconds. */
  readonly bans: Map<string, number>
  isUp: boolean
  isCut: boolean
  /** No request has been answered since one has failed. */
  isAway: boolean
  /** Requests and replies that the network still has. */
  readonly late: Late[]
}

/** Cluster of three nodes, whose network loses, delays and repeats. */
class World {
  readonly #clock: ManualClock
  readonly #store: ModelStore
  readonly #policy: PartitionPolicy
  readonly #nodes: Node[]
  readonly #tags = new Set<string>()
  /** Sessions that the directory has had, as `tag id`. */
  readonly #announced = new Set<string>()
  /** Reason of each session that a living node has removed, by id. */
  readonly #removed = new Map<string, { readonly reason: string; readonly by: ClusterMember }>()
  readonly #noted = new Map<string, number>()
  readonly #bans = new Set<string>()
  /** Number of the last batch that the ledger has carried out, by tag. */
  readonly #flushed = new Map<string, number>()
  /** Time at which the ledger has last accepted a sign of life, by tag. */
  readonly #alive = new Map<string, number>()
  #counter = 0
  /** A limit may be exceeded from now on, by the rules of the policy. */
  #isOverLegal = false
  #isCountExact = true
  #isWiped = false
  /** The ledger has returned with older data, and may have buried nodes that live. */
  #hasReturned = false

  constructor(clock: ManualClock, store: ModelStore, policy: PartitionPolicy) {
    this.#clock = clock
    this.#store = store
    this.#policy = policy
    this.#nodes = [0, 1, 2].map(() => this.#startNode())
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) {
      await this.#beat(node, 'arrives', 0)
      await this.#beat(node, 'arrives', 0)
    }
    this.#advance(modelTimes.warmMs)
  }

  async run({ op, at, n }: Step): Promise<void> {
    const node = this.#nodes[at] as Node
    await this.#apply(op, node, n)
    await this.#check(op)
  }

  async #apply(op: Operation, node: Node, n: number): Promise<void> {
    switch (op) {
      case 'create':
        return this.#create(node, n)
      case 'burst':
        for (let i = 0; i < 6; i++) this.#create(node, n + i)
        return
      case 'remove': {
        const ids = [...node.sessions.keys()]
        const id = ids[n % Math.max(1, ids.length)]
        if (id !== undefined && node.isUp) this.#remove(node, id, 'teardown')
        return
      }
      case 'beat':
        return this.#beat(node, 'arrives', n % 3 === 0 ? 1 : 50)
      case 'flush':
        return this.#flush(node, 'arrives')
      case 'loseBeatReply':
        return this.#beat(node, 'replyLost', 0)
      case 'loseFlushReply':
        return this.#flush(node, 'replyLost')
      case 'delayBeat':
        return this.#beat(node, 'late', 0)
      case 'delayFlush':
        return this.#flush(node, 'late')
      case 'deliver':
        return this.#deliver(node, n)
      case 'cut':
        node.isCut = true
        return
      case 'heal':
        node.isCut = false
        return
      case 'crash':
        return this.#crash(node)
      case 'restart':
        if (!node.isUp) this.#restart(node)
        return
      case 'die':
        return this.#die(node, n)
      case 'tick':
        return this.#advance((n + 1) * 250)
      case 'ban':
        return this.#ban(n)
      case 'unban':
        return this.#unban(n)
      case 'manyBans':
        for (let i = 0; i < 40; i++) await this.#ban(i * 12 + 1)
        return
      case 'empty':
        for (const id of [...node.sessions.keys()]) this.#remove(node, id, 'teardown')
        return
      case 'calm':
        for (const each of this.#nodes) {
          if (!each.isUp) this.#restart(each)
          each.isCut = false
          each.late.length = 0
          for (const id of [...each.sessions.keys()].slice(1)) this.#remove(each, id, 'teardown')
          for (let i = 0; i < 3; i++) await this.#beat(each, 'arrives', 50)
          await this.#flush(each, 'arrives')
          await this.#flush(each, 'arrives')
        }
        return
      case 'grow':
        for (let i = 0; i < 3; i++) {
          this.#create(node, n)
          this.#create(node, n + 1)
          await this.#beat(node, 'arrives', 0)
        }
        return
      case 'others':
        for (const other of this.#nodes) {
          if (other === node) continue
          await this.#beat(other, 'arrives', 50)
          for (let i = 0; i < 6; i++) this.#create(other, n + i)
          await this.#beat(other, 'arrives', 50)
        }
        return
      case 'jump':
        this.#clock.jumpWallClock(n % 2 === 0 ? hourMs : -hourMs)
        return
      case 'wipe':
        return this.#wipe()
      case 'save':
        return this.#store.save?.()
      case 'restore':
        return this.#restore()
    }
  }

  #startNode(): Node {
    const node: Node = {
      member: undefined as unknown as ClusterMember,
      sessions: new Map(),
      bans: new Map(),
      isUp: true,
      isCut: false,
      isAway: false,
      late: [],
    }
    node.member = this.#createMember(node)
    return node
  }

  #createMember(node: Node): ClusterMember {
    return new ClusterMember({
      info: '{}',
      policy: this.#policy,
      leaseMs: modelTimes.leaseMs,
      spareCredits: 1,
      overdraft,
      maxPendingRemovals: 10_000,
      createTag: () => {
        const tag = (++this.#counter).toString(16).padStart(8, '0')
        this.#tags.add(tag)
        return tag
      },
      createNonce: () => `n${++this.#counter}`,
      onFenced: () => {
        for (const id of [...node.sessions.keys()]) this.#remove(node, id, 'fenced')
      },
    })
  }

  #create(node: Node, n: number): void {
    if (!node.isUp) return
    const key = `user ${users[n % users.length]}`
    const keys = [poolKey, key]
    const demands = [
      { key: poolKey, max: maxSessions },
      { key, max: maxOfUser },
    ]
    if (node.member.tryTake(demands, this.#clock.now()) !== undefined) return
    for (const { key: limit, max } of demands) {
      const live = this.#liveOf(node.member, limit) + 1
      const beyond = live - node.member.credits.held(limit)
      const most = node.isAway && this.#policy === 'keep' && limit !== poolKey ? overdraft : 0
      assert.ok(beyond <= most, `${beyond} sessions of ${limit} without credits`)
      assert.ok(beyond <= 0 || live <= max, `${live} sessions of ${limit} on one node`)
    }
    const serial = ++this.#counter
    const id = `${firstCharacters[serial % firstCharacters.length]}${serial}`
    node.sessions.set(id, keys)
    node.member.journal.put(id, `value ${serial}`)
    node.member.journal.note(key, windowMs, this.#clock.now())
    this.#noted.set(key, (this.#noted.get(key) ?? 0) + 1)
  }

  #remove(node: Node, id: string, reason: string): void {
    const keys = node.sessions.get(id) ?? []
    node.sessions.delete(id)
    node.member.credits.release(keys)
    node.member.journal.remove(id, reason)
    this.#removed.set(id, { reason, by: node.member })
  }

  async #beat(node: Node, fate: 'arrives' | 'replyLost' | 'late', reaps: number): Promise<void> {
    const { member } = node
    if (!node.isUp) return
    const sentAt = this.#clock.now()
    const join = member.joinRequest()
    if (node.isCut) {
      member.failed()
      node.isAway = true
    }
    if (join !== undefined) {
      if (node.isCut || fate === 'late') return
      const reply: JoinReply = await this.#store.join(join)
      if (reply.status === 'ok') this.#alive.set(join.tag, sentAt)
      if (fate !== 'arrives') return
      node.isAway = false
      member.joinAnswered(join, reply, sentAt, this.#clock.now())
      return
    }
    const request = member.beatRequest(sentAt)
    if (request === undefined) return
    if (node.isCut || fate === 'late') {
      node.late.push({ kind: 'beat', request })
      return
    }
    const reply = await this.#sendBeat(request)
    const apply = (): void => {
      node.isAway = false
      for (const change of member.beatAnswered(request, reply, sentAt, this.#clock.now())) {
        if (change.record === undefined) node.bans.delete(change.publicId)
        else {
          const end = change.remainingMs === 0 ? Infinity : this.#clock.now() + change.remainingMs
          node.bans.set(change.publicId, end)
        }
      }
    }
    if (fate === 'replyLost') {
      node.late.push({ kind: 'reply', apply })
      return
    }
    const known = new Set(node.bans.keys())
    apply()
    if (reply.status === 'ok' && reply.isBanReset) {
      for (const { publicId } of await this.#store.bans()) {
        const isKnown = !known.has(publicId) || node.bans.has(publicId)
        assert.ok(isKnown, `${publicId} is lifted until the list has come`)
      }
    }
    if (reply.status === 'fenced') this.#isCountExact = false
    if (reply.status === 'ok' && !this.#isOverLegal) await this.#checkCounted(member)
    if (reply.status !== 'ok' || reply.reap === undefined) return
    for (let i = 0; i < reaps; i++) {
      const { tag, epoch } = member
      const reaped = await this.#store.reap({ tag, epoch, dead: reply.reap })
      if (reaped.status !== 'ok' || reaped.isDone) return
    }
  }

  async #flush(node: Node, fate: 'arrives' | 'replyLost' | 'late'): Promise<void> {
    if (!node.isUp) return
    const request = node.member.flushRequest(this.#clock.now())
    if (request === undefined) return
    if (node.isCut || fate === 'late') {
      node.late.push({ kind: 'flush', request })
      return
    }
    const reply = await this.#sendFlush(request)
    if (fate === 'replyLost') return
    if (reply.status === 'fenced') this.#isCountExact = false
    node.member.flushAnswered(request, reply)
  }

  async #sendBeat(request: BeatRequest): Promise<BeatReply> {
    const reply = await this.#store.beat(request)
    if (reply.status === 'ok') this.#alive.set(request.tag, this.#clock.now())
    await this.#checkDead()
    return reply
  }

  async #sendFlush(request: FlushRequest): ReturnType<ClusterStore['flush']> {
    const reply = await this.#store.flush(request)
    const { tag, seq, puts } = request
    if (reply.status === 'ok' && seq > (this.#flushed.get(tag) ?? 0)) {
      this.#flushed.set(tag, seq)
      for (const { publicId } of puts) this.#announced.add(`${tag} ${publicId}`)
    }
    return reply
  }

  /** Hands over something that the network has kept: mostly the oldest. */
  async #deliver(node: Node, n: number): Promise<void> {
    if (node.isCut) return
    const [late] = node.late.splice(n % 4 === 0 ? node.late.length - 1 : 0, 1)
    if (late?.kind === 'beat') await this.#sendBeat(late.request)
    if (late?.kind === 'flush') await this.#sendFlush(late.request)
    if (late?.kind === 'reply' && node.isUp) late.apply()
  }

  async #crash(node: Node): Promise<void> {
    if (!node.isUp) return
    node.isUp = false
    node.sessions.clear()
    node.bans.clear()
    this.#isCountExact = false
    for (const [id, { by }] of this.#removed) if (by === node.member) this.#removed.delete(id)
  }

  #restart(node: Node): void {
    node.isUp = true
    node.isAway = false
    node.member = this.#createMember(node)
    node.late.length = 0
  }

  /** Cuts a node off until the others have declared it dead. */
  async #die(node: Node, n: number): Promise<void> {
    node.isCut = true
    const rounds = (modelTimes.leaseMs + modelTimes.graceMs) / beatMs + 3
    for (let i = 0; i < rounds; i++) {
      this.#advance(beatMs)
      for (const other of this.#nodes) {
        if (other !== node) await this.#beat(other, 'arrives', n % 2 === 0 ? 1 : 50)
      }
    }
  }

  #advance(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      this.#clock.advance(250)
      for (const { isUp, member } of this.#nodes) if (isUp) member.checkLease(this.#clock.now())
    }
  }

  async #ban(n: number): Promise<void> {
    const publicId = n % 4 === 0 ? `again${n}` : `ban${++this.#counter}`
    const durationMs = n % 3 === 0 ? 2000 : 0
    const isBanned = await this.#store.ban({ publicId, record: `{"n":"${publicId}"}`, durationMs })
    if (isBanned && durationMs === 0) this.#bans.add(publicId)
  }

  async #unban(n: number): Promise<void> {
    const ids = [...this.#bans]
    const publicId = ids[n % Math.max(1, ids.length)]
    if (publicId === undefined) return
    await this.#store.unban(publicId)
    this.#bans.delete(publicId)
  }

  async #wipe(): Promise<void> {
    await this.#forgetRemoved()
    await this.#store.clear()
    this.#losesData()
  }

  async #restore(): Promise<void> {
    await this.#forgetRemoved()
    await this.#store.restore?.()
    // A store does not return in the same millisecond, and an epoch has the name of its millisecond.
    this.#advance(250)
    this.#hasReturned = true
    this.#losesData()
  }

  async #forgetRemoved(): Promise<void> {
    for (const { publicId } of await this.#store.removals({ limit: 1000 })) {
      this.#removed.delete(publicId)
    }
  }

  #losesData(): void {
    this.#announced.clear()
    this.#flushed.clear()
    this.#isWiped = true
    this.#isCountExact = false
  }

  /** Invariants of every moment. */
  async #check(op: string): Promise<void> {
    const rows = new Map((await this.#store.nodes()).map((row) => [row.tag, row]))
    if (this.#policy === 'keep') {
      for (const { isUp, member } of this.#nodes) {
        const state = rows.get(member.tag)?.state
        const isMember = state === 'active' || state === 'suspect'
        if (isUp && member.epoch !== '' && !isMember) this.#isOverLegal = true
      }
      if (this.#isWiped) this.#isOverLegal = true
    }
    if (this.#hasReturned) this.#isOverLegal = true
    await this.#checkDead()
    const limits = [poolKey, ...users.map((user) => `user ${user}`)]
    for (const key of limits) {
      const max = key === poolKey ? maxSessions : maxOfUser
      const { granted, nodes } = await this.#store.usage(key)
      const sum = Object.values(nodes).reduce((a, b) => a + b, 0)
      assert.equal(granted, sum, `credits of ${key} after ${op}`)
      assert.ok(granted <= max, `${granted} credits of ${key} granted after ${op}`)
      if (this.#isOverLegal) continue
      const live = this.#nodes.reduce((a, { member }) => a + this.#liveOf(member, key), 0)
      const lent = this.#nodes.map(
        ({ member }) => this.#liveOf(member, key) - member.credits.held(key),
      )
      const isLent = this.#policy === 'keep' && key !== poolKey
      const extra = lent.reduce(
        (sum, n) => sum + Math.max(0, Math.min(n, isLent ? overdraft : 0)),
        0,
      )
      assert.ok(live <= max + extra, `${live} sessions of ${key} after ${op}`)
      for (const { isUp, member } of this.#nodes) {
        if (!isUp || member.state !== 'active' || !rows.has(member.tag)) continue
        const held = member.credits.held(key)
        assert.ok(held <= (nodes[member.tag] ?? 0), `node uses ${held} of ${key} after ${op}`)
      }
    }
  }

  /** A dead node was silent for its lease and the time of grace, and holds no credits of the pool. */
  async #checkDead(): Promise<void> {
    const pool = await this.#store.usage(poolKey)
    for (const { tag, state } of await this.#store.nodes()) {
      if (state !== 'dead') continue
      assert.equal(pool.nodes[tag], undefined, 'credits of a dead node')
      if (this.#hasReturned) continue
      const age = this.#clock.now() - (this.#alive.get(tag) ?? 0)
      const { leaseMs, graceMs } = modelTimes
      assert.ok(age >= leaseMs + graceMs, `a node is dead after ${age} ms`)
    }
  }

  #liveOf(member: ClusterMember, key: string): number {
    const node = this.#nodes.find((each) => each.member === member)
    return [...(node?.sessions.values() ?? [])].filter((keys) => keys.includes(key)).length
  }

  /** Lets everything come to rest, and checks the rest. */
  async settle(): Promise<void> {
    for (const node of this.#nodes) {
      node.isCut = false
      node.late.length = 0
    }
    if (!this.#nodes.some(({ isUp }) => isUp)) this.#restart(this.#nodes[0] as Node)
    const { leaseMs, graceMs, warmMs } = modelTimes
    const rounds = (leaseMs + graceMs + warmMs) / beatMs + 20
    for (let i = 0; i < rounds; i++) await this.#round()
    await this.#check('rest')
    await this.#checkCredits()
    await this.#checkDirectory()
    await this.#checkBans()
    await this.#checkCounters()
    await this.#checkStrayRemoval()
    await this.#checkProgress()
    await this.#checkRepetition()
  }

  get #up(): Node[] {
    return this.#nodes.filter(({ isUp }) => isUp)
  }

  async #round(): Promise<void> {
    this.#advance(beatMs)
    for (const node of this.#up) {
      await this.#beat(node, 'arrives', 50)
      for (const ban of node.member.takeUnknownBans()) await this.#store.ban(ban)
      for (let i = 0; i < 9 && node.member.journal.isDue; i++) await this.#flush(node, 'arrives')
    }
  }

  /** Nodes at rest take their ledger for present, and it counts their sessions. */
  async #checkCredits(): Promise<void> {
    for (const { member } of this.#up) {
      assert.ok(!member.isAway, 'a node that gets replies takes the ledger for lost')
      await this.#checkCounted(member)
    }
  }

  /** The ledger counts all sessions of users on a node, as far as the limits allow. */
  async #checkCounted(member: ClusterMember): Promise<void> {
    for (const key of users.map((user) => `user ${user}`)) {
      const beyond = this.#liveOf(member, key) - member.credits.held(key)
      if (beyond <= 0) continue
      const { granted } = await this.#store.usage(key)
      assert.equal(granted, maxOfUser, `${beyond} sessions of ${key} are not counted`)
    }
  }

  async #checkDirectory(): Promise<void> {
    const rows = await this.#store.nodes()
    assert.deepStrictEqual(
      rows.map(({ tag, state, live }) => [tag, state, live]),
      this.#up
        .map(({ member, sessions }) => [member.tag, 'active', sessions.size])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      'nodes at rest',
    )
    const present = new Set<string>()
    for (const tag of this.#tags) {
      const node = this.#up.find(({ member }) => member.tag === tag)
      const ids = (await this.#store.directory(tag)).map(({ publicId }) => publicId)
      assert.deepStrictEqual(ids, [...(node?.sessions.keys() ?? [])].sort(), `directory of ${tag}`)
      for (const id of ids) present.add(`${tag} ${id}`)
    }
    const records = await this.#store.removals({ limit: 1000 })
    const counts = new Map<string, number>()
    const reasons = new Set<string>()
    for (const { tag, publicId, reason } of records) {
      const name = `${tag} ${publicId}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
      reasons.add(`${publicId} ${reason}`)
    }
    for (const [name, count] of counts) {
      assert.equal(count, 1, `records of ${name}`)
      assert.ok(!present.has(name), `record of ${name}, which lives`)
    }
    for (const name of this.#announced) {
      assert.ok(present.has(name) || counts.has(name), `${name} has left without a record`)
    }
    for (const [id, { reason }] of this.#removed) {
      assert.ok(reasons.has(`${id} ${reason}`), `${id} has left without its record: ${reason}`)
    }
  }

  async #checkBans(): Promise<void> {
    const ids = (await this.#store.bans()).map(({ publicId }) => publicId).sort()
    if (!this.#isWiped) assert.deepStrictEqual(ids, [...this.#bans].sort(), 'bans')
    for (const { bans } of this.#up) {
      const known = [...bans].filter(([, end]) => end > this.#clock.now()).map(([id]) => id)
      assert.deepStrictEqual(known.sort(), ids, 'bans that a node knows')
    }
  }

  async #checkCounters(): Promise<void> {
    const [node] = this.#up as [Node]
    for (const user of users) {
      const key = `user ${user}`
      const noted = (this.#noted.get(key) ?? 0) + 1
      node.member.journal.note(key, windowMs, this.#clock.now())
      const request = node.member.flushRequest(this.#clock.now()) as FlushRequest
      const reply = await this.#store.flush(request)
      node.member.flushAnswered(request, reply)
      const total = reply.status === 'ok' ? (reply.totals[0] as number) : -1
      if (this.#isCountExact) assert.equal(total, noted, `events of ${key}`)
      else assert.ok(total >= 1 && total <= noted, `${total} of ${noted} events of ${key}`)
    }
  }

  /** A session that the directory does not have leaves no record. */
  async #checkStrayRemoval(): Promise<void> {
    const [{ member }] = this.#up as [Node]
    member.journal.note('nothing', windowMs, this.#clock.now())
    const request = member.flushRequest(this.#clock.now()) as FlushRequest
    const stray = { publicId: 'stray', value: '', reason: 'teardown' }
    await this.#store.flush({ ...request, removals: [stray] })
    member.flushAnswered(request, { status: 'ok', totals: [1] })
    const records = await this.#store.removals({ limit: 1000 })
    assert.ok(!records.some(({ publicId }) => publicId === 'stray'), 'record of an absent session')
  }

  /** With room under all limits, each node gets a session within 6 beats. */
  async #checkProgress(): Promise<void> {
    for (const node of this.#up) {
      for (const key of [poolKey, 'user a']) {
        await this.#makeRoom(key)
        const demands = [{ key: poolKey, max: maxSessions }]
        if (key !== poolKey) demands.push({ key, max: maxOfUser })
        let refused: string | undefined = poolKey
        for (let beats = 0; beats <= 6 && refused !== undefined; beats++) {
          if (beats > 0) await this.#round()
          refused = node.member.tryTake(demands, this.#clock.now())
        }
        assert.equal(refused, undefined, `a node gets no session although there is room: ${key}`)
        node.member.credits.release(demands.map((each) => each.key))
      }
    }
  }

  /** A join that is repeated is the same join, and a node that leaves gives everything back. */
  async #checkRepetition(): Promise<void> {
    const claims = [{ key: 'user z', target: 2, max: 3 }]
    const request = { tag: 'fffffff0', nonce: 'z', info: '{}', claims }
    const first = await this.#store.join(request)
    assert.deepStrictEqual(await this.#store.join(request), first)
    assert.equal(first.status, 'ok')
    assert.deepStrictEqual(await this.#store.join({ ...request, nonce: 'y' }), { status: 'taken' })
    const { epoch } = first as Extract<JoinReply, { status: 'ok' }>
    await this.#store.leave({ tag: request.tag, epoch })
    assert.deepStrictEqual(await this.#store.join(request), { status: 'taken' })
    this.#alive.set(request.tag, Number.NEGATIVE_INFINITY)
    for (let i = 0; i < 2; i++) await this.#round()
    assert.deepStrictEqual(await this.#store.usage('user z'), { granted: 0, nodes: {} })
    const late = await this.#store.join(request)
    assert.deepStrictEqual(late, { status: 'taken' }, 'late copy of the join of a removed node')
  }

  /** Fills a limit, and ends one of its sessions. */
  async #makeRoom(key: string): Promise<void> {
    for (let i = 0; i < 12; i++) {
      for (const node of this.#up) for (let n = 0; n < 6; n++) this.#create(node, n)
      await this.#round()
    }
    for (const limit of new Set([poolKey, key])) {
      const most = limit === poolKey ? maxSessions : maxOfUser
      for (;;) {
        const live = this.#up.reduce((a, { member }) => a + this.#liveOf(member, limit), 0)
        if (live < most) break
        const node = this.#up.find(({ member }) => this.#liveOf(member, limit) > 0) as Node
        const found = [...node.sessions].find(([, keys]) => keys.includes(limit))
        this.#remove(node, (found as [string, unknown])[0], 'teardown')
      }
    }
  }
}

type Sequence = (n: number) => readonly Operation[]

/** Sequences of one operation each, as often as their weight says. */
const singles = (weights: Readonly<Record<string, number>>): Sequence[] =>
  Object.entries(weights).flatMap(([op, weight]) =>
    Array.from({ length: weight }, () => () => [op as Operation]),
  )

/** Sequences that begin when all nodes are up and connected. */
const afterCalm = (choices: typeof sequences): Sequence[] =>
  Object.values(choices).map(
    (sequence): Sequence =>
      (n) => ['calm', ...sequence(n)],
  )

const stepsOf = (choices: readonly Sequence[]): fc.Arbitrary<Step[]> =>
  fc
    .record({
      sequence: fc.constantFrom(...choices),
      at: fc.nat({ max: 2 }),
      n: fc.nat({ max: 11 }),
    })
    .map(({ sequence, at, n }) => sequence(n).map((op, index) => ({ op, at, n: n + index })))

/** Runs random histories on a cluster of three nodes, and checks its invariants. */
export async function checkModel(options: ModelOptions): Promise<void> {
  const {
    createStore,
    policy,
    hasJumps,
    hasWipes,
    runs,
    seed,
    endOnFailure = false,
    hasReturns,
    isOftenAlone,
  } = options
  const step = fc.oneof(
    {
      weight: 20,
      arbitrary: stepsOf(
        singles({ ...operations, ...(hasJumps && { jump: 5 }), ...(hasWipes && { wipe: 2 }) }),
      ),
    },
    { weight: 4, arbitrary: stepsOf(afterCalm(sequences)) },
    ...(hasWipes ? [{ weight: 2, arbitrary: stepsOf(afterCalm(sequencesOfLoss)) }] : []),
    ...(isOftenAlone ? [{ weight: 8, arbitrary: stepsOf(afterCalm(sequencesAlone)) }] : []),
    ...(hasReturns ? [{ weight: 4, arbitrary: stepsOf(afterCalm(sequencesOfReturn)) }] : []),
  )
  const steps = fc.array(step, { minLength: 20, maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const clock = new ManualClock()
      const world = new World(clock, await createStore(clock), policy)
      await world.start()
      for (const each of history.flat()) await world.run(each)
      await world.settle()
    }),
    { numRuns: runs, endOnFailure, unbiased: true, ...(seed === undefined ? {} : { seed }) },
  )
}

/** Kind of histories in which the ledger returns with older data. */
export const returningKind = {
  policy: 'keep',
  hasJumps: false,
  hasWipes: false,
  hasReturns: true,
} as const

/** Kinds of histories in which nodes are often without their ledger. */
export const aloneKinds = [
  { policy: 'keep', hasJumps: false, hasWipes: false, isOftenAlone: true },
  { policy: 'strict', hasJumps: false, hasWipes: false, isOftenAlone: true },
] as const

/** Kinds of histories that are tried. */
export const modelKinds = [
  { policy: 'keep', hasJumps: false, hasWipes: false },
  { policy: 'strict', hasJumps: false, hasWipes: false },
  { policy: 'keep', hasJumps: true, hasWipes: true },
  { policy: 'strict', hasJumps: true, hasWipes: false },
  { policy: 'strict', hasJumps: false, hasWipes: true },
] as const
