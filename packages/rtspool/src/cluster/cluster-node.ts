import { EventEmitter } from 'node:events'
import { PeriodicCheck } from '../clock.js'
import { tell } from '../listeners.js'
import type { SessionPool } from '../session-pool/index.js'
import { ClusterLimits } from './cluster-limits.js'
import {
  type ClusterNodeOptions,
  memberOptionsOf,
  type ResolvedNodeOptions,
  resolveNodeOptions,
} from './cluster-node-options.js'
import type { ClusterNodeEvents, ClusterNodeState, ClusterNodeStats } from './cluster-node-state.js'
import { ClusterReports } from './cluster-reports.js'
import { type BanChange, type NodeTag, poolKey } from './cluster-store.js'
import { ClusterAdmission } from './node/cluster-admission.js'
import { ClusterMember } from './node/cluster-member.js'
import { ClusterPeers } from './node/cluster-peers.js'
import { ClusterSessions } from './node/cluster-sessions.js'
import { ClusterStreams } from './node/cluster-streams.js'
import { type ClusterNodeInfo, listNodes } from './node/cluster-view.js'
import { answerMs, MailRoom } from './node/mail-room.js'
import { NodePool } from './node/node-pool.js'
import { NodeTraffic } from './node/node-traffic.js'
import { type ClusterPoolParts, clusterPoolOptions } from './node/pool-options.js'
import { NodeIdCodec } from './node-id-codec.js'

/** Number of checks of the lease in one lease, under the policy `strict`. */
const checksPerLease = 40

/**
 * A server's membership in a cluster: several servers share limits on sessions and bans.
 *
 * ```ts
 * const node = new ClusterNode({ store, name: 'node 1' })
 * const server = new RtspServer({ pool: node.poolOptions({ maxSessions: 100 }) })
 * await node.start(server.pool)
 * ```
 *
 * The node alone sends requests to the store, at intervals and after changes. Packets, requests of clients and
 * keep-alives never wait for the store; a new client waits only if the node lacks a credit.
 *
 * @experimental
 */
export class ClusterNode extends EventEmitter<ClusterNodeEvents> implements AsyncDisposable {
  /** Sessions of all nodes: lists, numbers and kicks. */
  readonly sessions: ClusterSessions
  /** Streams of all nodes: paths at which clients publish. */
  readonly streams: ClusterStreams
  /** Recognizes requests of other nodes, which pull streams from this one. */
  readonly peers: ClusterPeers
  /** Facts that all nodes tell of themselves. */
  readonly reports: ClusterReports
  /** Limits of all nodes, which change together. */
  readonly limits: ClusterLimits
  readonly #options: ResolvedNodeOptions
  readonly #mail: MailRoom
  readonly #member: ClusterMember
  readonly #admission: ClusterAdmission
  readonly #traffic: NodeTraffic
  readonly #leaseCheck: PeriodicCheck
  readonly #idCodec: NodeIdCodec | undefined
  /** Pool of the node; `undefined` before {@link start}. */
  #joined: NodePool | undefined
  #state: ClusterNodeState = 'joining'
  #failures = 0
  #closing: Promise<void> | undefined

  /**
   * Creates a node that has not joined its cluster.
   *
   * @throws {RangeError | TypeError} when an option is invalid, unknown, or missing.
   */
  constructor(options: ClusterNodeOptions) {
    super()
    this.#options = resolveNodeOptions(options)
    const { clock, store, waitMs, beatMs, flushMs, leaseMs } = this.#options
    this.#member = new ClusterMember(memberOptionsOf(this.#options, () => this.#endSessions()))
    const member = this.#member
    const { idKeys, peerKey: key } = this.#options
    this.#idCodec = idKeys && new NodeIdCodec(idKeys, () => member.tag)
    const askStore = (): void => this.#traffic.hurry()
    this.#admission = new ClusterAdmission({ member, clock, waitMs, askStore })
    this.#traffic = new NodeTraffic({
      ...{ store, member, admission: this.#admission, clock, beatMs, flushMs },
      onReply: (changes) => this.#replied(changes),
      onBeat: (reply) => {
        if (reply.hasMail) this.#mail.wake()
        this.sessions.noteVersion(reply.version)
        this.streams.noteBeat(reply)
      },
      onFailure: (error) => this.#failed(error),
    })
    this.#mail = new MailRoom({
      ...{ store, member, clock, timeoutMs: answerMs(beatMs) },
      createLoop: (run) => this.#traffic.createLoop(run),
      onFailure: (error) => this.#failed(error),
    })
    this.sessions = new ClusterSessions({
      ...{ store, member, mail: this.#mail, info: this.#options.info },
      pool: () => this.#joined?.pool,
      isAway: () => this.#traffic.isAway,
    })
    this.reports = new ClusterReports(this.sessions, this.#mail)
    this.limits = new ClusterLimits({
      ...{
        sessions: this.sessions,
        mail: this.#mail,
        member,
        askStore,
        admission: this.#admission,
      },
      pool: () => this.#joined?.pool,
    })
    this.streams = new ClusterStreams({
      ...{ store, member, clock },
      createLoop: (run) => this.#traffic.createLoop(run),
      isAway: () => this.#traffic.isAway,
    })
    this.peers = new ClusterPeers({
      ...{ key, tags: () => member.tags, unixTimeMs: () => clock.unixTimeMs() },
      others: () => this.sessions.others,
      tagOf: (id) => this.#idCodec?.tagOf(id),
    })
    this.#leaseCheck = new PeriodicCheck(clock, leaseMs / checksPerLease, () => {
      this.#member.checkLease(clock.now())
      this.#noteState()
      return true
    })
  }

  get state(): ClusterNodeState {
    return this.#state
  }

  /** Name of the node in the store from one join to its death: 8 hexadecimal digits. */
  get tag(): NodeTag {
    return this.#member.tag
  }

  /**
   * Adds to the options of a session pool what makes the pool a part of the cluster. All nodes of a cluster need the
   * same limits.
   *
   * A client that is refused by a limit of the cluster has waited up to `waitMs` for a credit before, but not with
   * `fullPolicy: 'evictOldestIdle'`: then a session of this node makes room at once.
   *
   * @param options - Options for a pool, or for the pool of a server.
   * @throws {TypeError} when the options have an `admission` of their own, or an `idCodec` beside `idKeys`.
   */
  poolOptions<Options extends object>(options: Options): Options & ClusterPoolParts {
    return clusterPoolOptions(options, {
      admission: this.#admission,
      idCodec: this.#idCodec,
      limits: () => this.#joined?.pool.limits,
      isAway: () => this.#traffic.isAway,
    })
  }

  /**
   * Joins the cluster with a pool that was created with {@link poolOptions}. While the store does not reply, the node
   * tries again and again.
   *
   * @returns Promise that resolves when the node is a member and knows all bans, or is closed.
   * @throws {TypeError} rejects when the node has been started or closed before.
   */
  async start<Data extends object>(pool: SessionPool<Data>): Promise<void> {
    if (this.#joined !== undefined || this.#closing !== undefined) {
      throw new TypeError('a ClusterNode can be started once, and before it is closed')
    }
    const { clock, store, policy } = this.#options
    const { journal } = this.#member
    const joined = new NodePool(pool as unknown as SessionPool<object>, {
      ...{ clock, store, journal, traffic: this.#traffic },
    })
    this.#joined = joined
    if (policy === 'strict') this.#leaseCheck.start()
    this.#traffic.start()
    joined.start()
    await joined.isReady
  }

  /**
   * Returns all nodes of the cluster. The numbers of sessions are those of the last beats.
   *
   * @throws {TransportError} rejects with `ERR_CLUSTER_STORE` when the store does not reply.
   */
  nodes(): Promise<readonly ClusterNodeInfo[]> {
    return listNodes(this.#options.store)
  }

  stats(): ClusterNodeStats {
    const { credits, journal } = this.#member
    return {
      state: this.#state,
      sessions: journal.live,
      credits: credits.held(poolKey),
      waiting: this.#admission.waiting,
      failures: this.#failures,
      storeAwayMs: this.#traffic.awayMs,
      joins: this.#traffic.joins,
      droppedRemovals: journal.dropped,
      refusedBans: this.#joined?.refusedBans ?? 0,
    }
  }

  /**
   * Leaves the cluster: sends the last changes, and returns all credits. Close the server before. Sessions that are
   * still in the pool end under the policy `strict`, and are no longer counted under `keep`. The pool admits no further
   * session. Idempotent.
   *
   * @returns Promise that resolves also when the store does not reply. Never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#admission.close()
    this.#leaseCheck.stop()
    if (this.#options.policy === 'strict') this.#endSessions()
    await Promise.all([this.#mail.close(), this.streams.close(), this.#joined?.stopBans()])
    await this.#traffic.close(async () => this.#joined?.sendBans())
    this.#joined?.close()
    this.#noteState('closed')
    this.#joined?.noteReady()
  }

  #replied(changes: readonly BanChange[]): void {
    this.#joined?.applyBans(changes, this.#member.takeUnknownBans())
    this.#noteState()
    this.limits.note()
    if (this.#member.epoch !== '' && this.#member.bans.isComplete) this.#joined?.noteReady()
  }

  #failed(error: unknown): void {
    this.#failures++
    this.#member.checkLease(this.#options.clock.now())
    tell(this, 'storeFailed', error)
    this.#noteState()
  }

  #endSessions(): void {
    this.#admission.dropReservations()
    this.#joined?.endSessions()
  }

  #noteState(state: ClusterNodeState = this.#presentState()): void {
    const previous = this.#state
    if (previous === state || previous === 'closed') return
    this.#state = state
    tell(this, 'stateChanged', state, previous)
  }

  #presentState(): ClusterNodeState {
    const { state } = this.#member
    if (state === 'active') return this.#traffic.isAway ? 'degraded' : 'active'
    return state
  }
}
