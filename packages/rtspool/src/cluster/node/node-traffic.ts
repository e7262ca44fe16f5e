import type { Backoff } from '../../backoff.js'
import type { Clock } from '../../clock.js'
import {
  type BanChange,
  type BeatReply,
  type ClusterStore,
  type NodeTag,
  poolKey,
} from '../cluster-store.js'
import type { ClusterAdmission } from './cluster-admission.js'
import type { ClusterMember } from './cluster-member.js'
import { StoreLoop } from './store-loop.js'

/** Reply to a beat that the ledger has carried out. */
export type AcceptedBeat = Extract<BeatReply, { status: 'ok' }>

/** Node, store and times of a {@link NodeTraffic}. */
interface NodeTrafficOptions {
  readonly store: ClusterStore
  readonly member: ClusterMember
  readonly admission: ClusterAdmission
  readonly clock: Clock
  /** Milliseconds between two beats. */
  readonly beatMs: number
  /** Milliseconds for which changes of sessions are collected. */
  readonly flushMs: number
  /** Called after the reply to each join and beat, with changes of the cluster's bans. */
  readonly onReply: (changes: readonly BanChange[]) => void
  /** Called with the reply to each beat. */
  readonly onBeat: (reply: AcceptedBeat) => void
  /** Called with the error of each request that has failed. */
  readonly onFailure: (error: unknown) => void
}

/** Smallest part of the beat interval after which a node with a reason to hurry sends its next beat. */
const hastyPart = 1 / 20
/** Milliseconds between two batches of directory changes, so that many nodes do not flood the store at once. */
const batchPauseMs = 50
/** Delays after failures, in intervals of beats. */
const firstFailure = 1 / 4
const longestFailure = 2
const failureJitter = 0.5

/** Sends the requests of a node to the store: joins, beats, batches for the directory, and the tasks after a death. */
export class NodeTraffic {
  readonly #options: NodeTrafficOptions
  readonly #backoff: Backoff
  readonly #beats: StoreLoop
  readonly #flushes: StoreLoop
  readonly #reaps: StoreLoop
  /** Time of the last beat, or request to join. */
  #beatAt = Number.NEGATIVE_INFINITY
  /** Dead node whose credits and sessions this node removes from the store. */
  #dead: NodeTag | undefined
  /** Time at which the first beat was sent that has failed since the last reply; `undefined` = the last one has not. */
  #awaySince: number | undefined
  #awayMs = 0
  #joins = 0

  /** Creates the traffic of a node that has not joined. It begins with {@link start}. */
  constructor(options: NodeTrafficOptions) {
    this.#options = options
    const { beatMs } = options
    const maxMs = beatMs * longestFailure
    this.#backoff = { firstMs: beatMs * firstFailure, maxMs, jitter: failureJitter }
    this.#beats = this.createLoop(() => this.#tryBeat())
    this.#flushes = this.createLoop(() => this.#flush())
    this.#reaps = this.createLoop(() => this.#reap())
  }

  /** True if the last beat, or request to join, has failed. */
  get isAway(): boolean {
    return this.#options.member.isAway
  }

  /** Milliseconds so far in which the store has not replied. */
  get awayMs(): number {
    const { clock } = this.#options
    return this.#awayMs + (this.#awaySince === undefined ? 0 : clock.now() - this.#awaySince)
  }

  /** Number of joins so far. */
  get joins(): number {
    return this.#joins
  }

  /** Creates another loop of requests, with the delays of this node after failures. */
  createLoop(run: () => Promise<number | undefined>): StoreLoop {
    const { clock, onFailure } = this.#options
    return new StoreLoop({ clock, backoff: this.#backoff, run, onFailure })
  }

  /** Joins the cluster, and sends beats from then on. */
  start(): void {
    this.#beats.wake()
  }

  /** Sends the next beat at once, or shortly after the last one: each client that is refused asks for it. */
  hurry(): void {
    const { clock, beatMs } = this.#options
    this.#beats.wake(Math.max(0, this.#beatAt + beatMs * hastyPart - clock.now()))
  }

  /** Sends changes of sessions soon. */
  noteChange(): void {
    this.#flushes.wake(this.#options.flushMs)
  }

  /**
   * Ends all requests, sends the last changes of sessions, and leaves the cluster. Gives up at the first failure.
   *
   * @param sendOthers - Sends the last changes of other kinds, before the node leaves.
   */
  async close(sendOthers: () => Promise<void>): Promise<void> {
    await Promise.all([this.#beats.close(), this.#flushes.close(), this.#reaps.close()])
    const { store, member } = this.#options
    if (member.epoch === '') return
    try {
      await sendOthers()
      while ((await this.#flush()) !== undefined && member.epoch !== '');
      if (member.epoch !== '') await store.leave({ tag: member.tag, epoch: member.epoch })
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  async #tryBeat(): Promise<number> {
    const sentAt = this.#options.clock.now()
    this.#beatAt = sentAt
    try {
      return await this.#beat(sentAt)
    } catch (error) {
      this.#awaySince ??= sentAt
      const { member, admission } = this.#options
      member.failed()
      // Clients may be admitted beyond the credits of the node now.
      admission.retry()
      throw error
    }
  }

  async #beat(sentAt: number): Promise<number> {
    const { store, member, clock, beatMs } = this.#options
    const join = member.joinRequest()
    if (join !== undefined) {
      const reply = await store.join(join)
      member.joinAnswered(join, reply, sentAt, clock.now())
      this.#replied([])
      this.#flushes.wake()
      if (reply.status === 'ok') this.#joins++
      return reply.status === 'ok' ? 0 : beatMs * hastyPart
    }
    const request = member.beatRequest(sentAt)
    if (request === undefined) return 0
    const reply = await store.beat(request)
    const changes = member.beatAnswered(request, reply, sentAt, clock.now())
    this.#replied(changes)
    if (reply.status !== 'ok') return beatMs * hastyPart
    this.#options.onBeat(reply)
    if (reply.reap !== undefined) {
      this.#dead = reply.reap
      this.#reaps.wake()
    }
    return this.#mustHurry(reply) ? beatMs * hastyPart : beatMs
  }

  #mustHurry({ isStarving, hasMoreBans }: { isStarving: boolean; hasMoreBans: boolean }): boolean {
    const { admission, member } = this.#options
    const { credits } = member
    // A starving cluster waits for the idle credits of this node.
    const isKeeping = isStarving && credits.held(poolKey) > credits.live(poolKey)
    return hasMoreBans || isKeeping || credits.unasked > 0 || admission.waiting > 0
  }

  #replied(changes: readonly BanChange[]): void {
    this.#awayMs = this.awayMs
    this.#awaySince = undefined
    this.#options.onReply(changes)
    this.#options.admission.retry()
  }

  async #flush(): Promise<number | undefined> {
    const { store, member, clock } = this.#options
    const request = member.flushRequest(clock.now())
    if (request === undefined) return undefined
    const reply = await store.flush(request)
    member.flushAnswered(request, reply)
    if (reply.status !== 'ok') this.#beats.wake()
    return member.journal.isDue ? batchPauseMs : undefined
  }

  async #reap(): Promise<number | undefined> {
    const { store, member } = this.#options
    if (this.#dead === undefined || member.epoch === '') return undefined
    const { tag, epoch } = member
    const reply = await store.reap({ tag, epoch, dead: this.#dead })
    if (reply.status === 'ok' && !reply.isDone) return 0
    this.#dead = undefined
    return undefined
  }
}
