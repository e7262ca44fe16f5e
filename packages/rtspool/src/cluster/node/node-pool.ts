import type { Clock } from '../../clock.js'
import type { SessionPool } from '../../session-pool/index.js'
import type { BanChange, ClusterBan, ClusterStore } from '../cluster-store.js'
import { BanExchange } from './ban-exchange.js'
import type { DirectoryJournal } from './directory-journal.js'
import type { NodeTraffic } from './node-traffic.js'
import { SessionFeed } from './session-feed.js'
import type { StoreLoop } from './store-loop.js'

/** Parts of a node that its {@link NodePool} uses. */
interface NodePoolOptions {
  readonly clock: Clock
  readonly store: Pick<ClusterStore, 'ban' | 'unban'>
  /** Receiver of the sessions of the pool, for the cluster's directory. */
  readonly journal: DirectoryJournal
  readonly traffic: Pick<NodeTraffic, 'createLoop' | 'noteChange'>
}

/** Session pool of a started node: shares its bans, and announces its sessions in the cluster's directory. */
export class NodePool {
  readonly pool: SessionPool<object>
  /** Resolves when the node is a member of the cluster and knows all bans, or is closed. */
  readonly isReady: Promise<void>
  /** Resolves {@link isReady}. Idempotent. */
  noteReady: () => void = () => {}
  readonly #bans: BanExchange
  readonly #banSends: StoreLoop
  readonly #feed: SessionFeed

  /** Listens for changes of the pool from now on. Nothing is sent before {@link start}. */
  constructor(pool: SessionPool<object>, { clock, store, journal, traffic }: NodePoolOptions) {
    this.pool = pool
    this.isReady = new Promise((resolve) => {
      this.noteReady = resolve
    })
    this.#banSends = traffic.createLoop(async () => {
      await this.#bans.send()
      return undefined
    })
    this.#bans = new BanExchange(pool, { clock, store, onChange: () => this.#banSends.wake() })
    this.#feed = new SessionFeed(pool, journal, () => traffic.noteChange())
  }

  /** Number of bans of other nodes that the pool has refused, because its list is full. */
  get refusedBans(): number {
    return this.#bans.refused
  }

  /** Sends the bans that the pool has already. */
  start(): void {
    if (this.#bans.pending > 0) this.#banSends.wake()
  }

  /**
   * Applies changes of the cluster's bans to the pool.
   *
   * @param unknown - Bans that the store may lack, to be sent again.
   */
  applyBans(changes: readonly BanChange[], unknown: readonly ClusterBan[]): void {
    this.#bans.apply(changes)
    this.#bans.restore(unknown)
  }

  /** Sends the last changes of bans. Rejects when the store does not reply. */
  sendBans(): Promise<void> {
    return this.#bans.send()
  }

  /** Ends all sessions of the pool with the reason `fenced`. */
  endSessions(): void {
    for (const session of this.pool.values()) this.pool.remove(session, 'fenced')
  }

  /** Ends the exchange of bans. @returns Promise that resolves at the end of the running request */
  async stopBans(): Promise<void> {
    await this.#banSends.close()
    this.#bans.close()
  }

  /** Listens for no further change of the pool. */
  close(): void {
    this.#feed.close()
  }
}
