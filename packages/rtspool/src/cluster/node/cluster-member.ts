import { checkFunction, checkInteger, checkOptions, checkText, shown } from '../../option-checks.js'
import type {
  BanChange,
  BeatReply,
  BeatRequest,
  ClusterBan,
  FlushReply,
  FlushRequest,
  JoinReply,
  JoinRequest,
  NodeTag,
} from '../cluster-store.js'
import { BanView } from './ban-view.js'
import { DirectoryJournal } from './directory-journal.js'
import { type CreditDemand, LeasedCredits } from './leased-credits.js'

/**
 * Behaviour of a node that cannot reach the store of its cluster. `keep`: its sessions live on, and new ones use the
 * credits that the node holds; a limit may be exceeded. `strict`: its sessions end before other nodes may use their
 * credits; no limit is exceeded.
 */
export type PartitionPolicy = 'keep' | 'strict'

/**
 * State of a node of a cluster. `joining`: not a member yet, or no longer. `active`: a member. `fenced`: under the
 * policy `strict`, the lease may have expired, and all sessions have ended.
 */
export type MemberState = 'joining' | 'active' | 'fenced'

/** Options of a {@link ClusterMember}. */
export interface ClusterMemberOptions {
  /** Description of the node, such as its address, for other nodes of the cluster: JSON text. */
  readonly info: string
  /** Behaviour of the node while it cannot reach the store of the cluster. */
  readonly policy: PartitionPolicy
  /** Milliseconds for which one beat (sign of life) keeps the node a member: `leaseMs` of the store. */
  readonly leaseMs: number
  /** Minimum number of idle credits for `pool` that the node keeps, so that new sessions need no wait for the store. */
  readonly spareCredits: number
  /**
   * Number of sessions beyond its credits that the node admits under each limit but `pool`, while the store does not
   * reply, under the policy `keep`.
   */
  readonly overdraft: number
  /**
   * Maximum number of removals that wait for the store; those of sessions that the store knows wait
   * beyond it, too.
   */
  readonly maxPendingRemovals: number
  /** Creates a tag, the name of the node from one join to its death: 8 hexadecimal digits. */
  readonly createTag: () => NodeTag
  /** Creates a random text for a request to join, by which the store recognizes repetitions of the request. */
  readonly createNonce: () => string
  /**
   * Called under the policy `strict` when the node's lease may have expired: the owner ends all sessions of the node
   * before the function returns.
   */
  readonly onFenced: () => void
}

/**
 * Share of the lease (0 to 1) after which a node no longer relies on the lease. The rest allows for clocks that run
 * at different speeds.
 */
const safePart = 0.9
/** Number of tags by which other nodes may still call the node. */
const maxTags = 8

/**
 * Protocol of one node with the store of its cluster, without input and output: the class creates
 * requests and evaluates replies. A reply that is lost, late or repeated does no harm.
 *
 * All times are monotonic milliseconds of this node. Clocks of different machines are never
 * compared.
 */
export class ClusterMember {
  readonly credits: LeasedCredits
  readonly journal: DirectoryJournal
  readonly bans = new BanView()
  readonly #options: ClusterMemberOptions
  /** Tags of the node, the present one first. */
  #tags: readonly NodeTag[]
  #epoch = ''
  /** Epoch of the last join, whose list of bans the node knows. */
  #epochOfBans = ''
  #join: JoinRequest | undefined
  #seq = 0
  /** Number of the last beat under this tag that was answered. */
  #answeredSeq = 0
  #isStarving = false
  /** True if the last beat, or request to join, has failed. */
  #isAway = false
  /** True if the store has declared the node dead since its last join. */
  #isFenced = false
  /** True if the policy `strict` has ended all sessions, and the node has no new lease yet. */
  #hasEnded = true
  /** Time until which the node may rely on its lease, in monotonic milliseconds; `-Infinity` before the first join. */
  #safeUntil = Number.NEGATIVE_INFINITY
  /** Bans of the cluster that the store may lack, because it has lost its data. */
  #unknownBans: ClusterBan[] = []

  /**
   * Creates a node that has not joined yet.
   *
   * @throws {RangeError | TypeError} when an option is invalid, unknown, or missing.
   */
  constructor(options: ClusterMemberOptions) {
    checkMemberOptions(options)
    this.#options = options
    this.#tags = [options.createTag()]
    this.credits = new LeasedCredits(options.spareCredits, options.leaseMs)
    this.journal = new DirectoryJournal(options.maxPendingRemovals)
  }

  get tag(): NodeTag {
    return this.#tags[0] as NodeTag
  }

  /** Tags of the node, the present one first; at most 8. */
  get tags(): readonly NodeTag[] {
    return this.#tags
  }

  get epoch(): string {
    return this.#epoch
  }

  get state(): MemberState {
    if (this.#epoch === '') return 'joining'
    return this.isStrict && this.#hasEnded ? 'fenced' : 'active'
  }

  /**
   * Uses one credit under each limit for a new session, if the node holds them all.
   *
   * @param demands - Limits against which the session counts.
   * @param now - Monotonic milliseconds of this node.
   * @returns Key of the limit that refuses the session; `undefined` = admitted.
   */
  tryTake(demands: readonly CreditDemand[], now: number): string | undefined {
    // A process that was stopped learns of its expired lease here, before it uses a credit.
    this.checkLease(now)
    if (this.isStrict && now >= this.#safeUntil) {
      return demands[0]?.key
    }
    // A node that has never joined does not even know the bans.
    const isAlone = this.#isAway && !this.isStrict && this.#epochOfBans !== ''
    return this.credits.tryTake(demands, isAlone ? this.#options.overdraft : 0)
  }

  /**
   * Ends all sessions under the policy `strict` if the lease may have expired. Under `keep`, does nothing.
   *
   * @param now - Monotonic milliseconds of this node.
   */
  checkLease(now: number): void {
    if (now >= this.#safeUntil) this.#end()
  }

  /** True from a beat, or request to join, that has failed until the next one that is answered. */
  get isAway(): boolean {
    return this.#isAway
  }

  /** Notes that a beat, or request to join, has failed. */
  failed(): void {
    this.#isAway = true
  }

  /**
   * Returns the request to join the cluster. The request stays the same until its reply arrives.
   *
   * @returns `undefined` if the node is a member.
   */
  joinRequest(): JoinRequest | undefined {
    if (this.#epoch !== '') return undefined
    this.#join ??= {
      tag: this.tag,
      nonce: this.#options.createNonce(),
      info: this.#options.info,
      claims: this.credits.rejoin(this.#isFenced),
    }
    return this.#join
  }

  /**
   * Evaluates the reply of the store to a request to join the cluster.
   *
   * @param sentAt - Time before the request was sent, from which the lease counts, in monotonic milliseconds.
   * @param now - Present time in monotonic milliseconds.
   */
  joinAnswered(request: JoinRequest, reply: JoinReply, sentAt: number, now: number): void {
    this.#isAway = false
    if (request !== this.#join) return
    this.#join = undefined
    if (reply.status === 'taken') {
      this.#renew()
      return
    }
    this.#epoch = reply.epoch
    this.#holdBans(now)
    this.#isFenced = false
    this.#isStarving = false
    this.#answeredSeq = 0
    this.credits.settle(request.claims, reply.credits, now)
    this.journal.restart()
    this.#extend(sentAt, now)
  }

  /**
   * Creates the next beat: sign of life of the node, and its claims for credits. The node no longer uses the credits
   * that the beat gives back.
   *
   * @returns `undefined` before the node has joined.
   */
  beatRequest(now: number): BeatRequest | undefined {
    if (this.#epoch === '') return undefined
    return {
      tag: this.tag,
      epoch: this.#epoch,
      seq: ++this.#seq,
      answeredSeq: this.#answeredSeq,
      answeredFlushSeq: this.journal.answeredSeq,
      live: this.journal.live,
      claims: this.credits.claims(this.#isStarving, now, this.#isAway),
      banCursor: this.bans.cursor,
    }
  }

  /**
   * Evaluates the reply to a beat. The reply to any beat but the last one is ignored.
   *
   * @param sentAt - Time before the beat was sent, from which the lease counts.
   * @returns Changes for the list of bans of the node.
   */
  beatAnswered(
    request: BeatRequest,
    reply: BeatReply,
    sentAt: number,
    now: number,
  ): readonly BanChange[] {
    this.#isAway = false
    if (request.seq !== this.#seq || !this.#isCurrent(request)) return []
    if (reply.status === 'epoch') this.#lost()
    else if (reply.status === 'fenced') this.#fenced()
    if (reply.status !== 'ok') return []
    this.#answeredSeq = request.seq
    this.credits.settle(request.claims, reply.credits, now)
    this.#isStarving = reply.isStarving
    this.#extend(sentAt, now)
    return this.bans.apply(reply, now)
  }

  /** Returns the next batch for the directory; `undefined` = none is due, or no member. */
  flushRequest(now: number): FlushRequest | undefined {
    this.journal.collect()
    return this.#epoch === '' ? undefined : this.journal.next(this.tag, this.#epoch, now)
  }

  /** Evaluates the reply to a batch. */
  flushAnswered(request: FlushRequest, reply: FlushReply): void {
    if (!this.#isCurrent(request)) return
    if (reply.status === 'ok') this.journal.confirm(request)
    else if (reply.status === 'epoch') this.#lost()
    else this.#fenced()
  }

  /** Returns bans that the ledger may have lost, and that the owner adds to it again; each once. */
  takeUnknownBans(): readonly ClusterBan[] {
    const bans = this.#unknownBans
    this.#unknownBans = []
    return bans
  }

  #isCurrent({ tag, epoch }: { readonly tag: NodeTag; readonly epoch: string }): boolean {
    return tag === this.tag && epoch === this.#epoch
  }

  /** True under the policy `strict`, under which a credit may be used for a part of the lease only. */
  get isStrict(): boolean {
    return this.#options.policy === 'strict'
  }

  #extend(sentAt: number, now: number): void {
    this.#safeUntil = sentAt + this.#options.leaseMs * safePart
    if (now < this.#safeUntil) this.#hasEnded = false
    else this.checkLease(now)
  }

  /** Prepares a join under the same tag, because the ledger has lost data. */
  #lost(): void {
    this.#epoch = ''
  }

  /** Holds the bans of a ledger that has lost its data, also while the node was not a member. */
  #holdBans(now: number): void {
    if (this.#epochOfBans === this.#epoch) return
    this.#epochOfBans = this.#epoch
    this.#unknownBans = this.bans.list(now)
    this.bans.restart()
  }

  /** Prepares a join under another tag, because the store has declared the node dead. */
  #fenced(): void {
    this.#isFenced = true
    this.#epoch = ''
    this.#renew()
    // Other nodes may use the credits of this one by now.
    this.#safeUntil = Number.NEGATIVE_INFINITY
    this.#end()
  }

  /** Ends all sessions under the policy `strict`, only once until the node has a lease again. */
  #end(): void {
    if (!this.isStrict || this.#hasEnded) return
    this.#hasEnded = true
    this.#options.onFenced()
  }

  #renew(): void {
    this.#tags = [this.#options.createTag(), ...this.#tags].slice(0, maxTags)
  }
}

function checkMemberOptions(options: ClusterMemberOptions): void {
  const functions = ['createTag', 'createNonce', 'onFenced'] as const
  const sizes = { leaseMs: 1, spareCredits: 0, overdraft: 0, maxPendingRemovals: 0 } as const
  checkOptions('ClusterMember', options, ['info', 'policy', ...Object.keys(sizes), ...functions])
  const { info, policy } = options
  checkText('ClusterMember.info', info)
  if (policy !== 'keep' && policy !== 'strict') {
    throw new TypeError(`ClusterMember.policy must be 'keep' or 'strict', got ${shown(policy)}`)
  }
  for (const [name, least] of Object.entries(sizes)) {
    checkInteger(`ClusterMember.${name}`, options[name as keyof typeof sizes], least)
  }
  for (const name of functions) checkFunction(`ClusterMember.${name}`, options[name])
}
