import { type Clock, systemClock } from '../clock.js'
import { checkClock } from '../option-checks.js'
import type {
  BanChange,
  BeatReply,
  BeatRequest,
  ClusterBan,
  ClusterNodeRow,
  ClusterStore,
  CollectReply,
  CollectRequest,
  CreditUsage,
  DirectoryEntry,
  FlushReply,
  FlushRequest,
  JoinReply,
  JoinRequest,
  MailReply,
  MailRequest,
  NodeTag,
  PublishReply,
  PublishRequest,
  ReapReply,
  ReapRequest,
  RemovalQuery,
  RemovalRecord,
  StreamPage,
  UnpublishReply,
  UnpublishRequest,
} from './cluster-store.js'
import { Ledger } from './memory/ledger.js'
import {
  type ClusterStoreOptions,
  type ResolvedStoreOptions,
  resolveRemovalQuery,
  resolveStoreOptions,
} from './store-options.js'

/** Options of a {@link MemoryStore}; all optional. */
export interface MemoryStoreOptions extends ClusterStoreOptions {
  /** Clock whose wall time decides when leases and bans expire; a test passes its own. @defaultValue systemClock */
  readonly clock?: Clock | undefined
}

/**
 * {@link ClusterStore} in the memory of one process, for nodes in this process.
 *
 * It defines the behaviour of every store: other stores answer the same requests with the same
 * replies.
 */
export class MemoryStore implements ClusterStore {
  readonly #clock: Clock
  readonly #options: ResolvedStoreOptions
  #ledger: Ledger

  /**
   * Creates a store of a cluster without data.
   *
   * @throws {RangeError | TypeError} when an option is invalid or unknown.
   */
  constructor(options: MemoryStoreOptions = {}) {
    this.#options = resolveStoreOptions('MemoryStore', options, ['clock'])
    this.#clock = options.clock ?? systemClock
    checkClock(this.#clock)
    this.#ledger = new Ledger(this.#options)
  }

  /** Removes all data of the cluster, as a restart of a store without persistence does. */
  clear(): void {
    this.#ledger = new Ledger(this.#options)
  }

  async join(request: JoinRequest): Promise<JoinReply> {
    return this.#ledger.join(request, this.#clock.unixTimeMs())
  }

  async beat(request: BeatRequest): Promise<BeatReply> {
    return this.#ledger.beat(request, this.#clock.unixTimeMs())
  }

  async flush(request: FlushRequest): Promise<FlushReply> {
    return this.#ledger.flush(request, this.#clock.unixTimeMs())
  }

  async reap(request: ReapRequest): Promise<ReapReply> {
    return this.#ledger.reap(request, this.#clock.unixTimeMs())
  }

  async leave({ tag, epoch }: { readonly tag: NodeTag; readonly epoch: string }): Promise<void> {
    this.#ledger.leave(tag, epoch)
  }

  async ban(ban: ClusterBan): Promise<boolean> {
    const { bans, time } = this.#ledger
    return bans.add(ban, time.advance(this.#clock.unixTimeMs()))
  }

  async unban(publicId: string): Promise<boolean> {
    return this.#ledger.bans.remove(publicId)
  }

  async bans(): Promise<readonly BanChange[]> {
    const { bans, time } = this.#ledger
    return bans.list(time.at(this.#clock.unixTimeMs()))
  }

  async send(request: MailRequest): Promise<MailReply> {
    return this.#ledger.send(request, this.#clock.unixTimeMs())
  }

  async collect(request: CollectRequest): Promise<CollectReply> {
    return this.#ledger.collect(request, this.#clock.unixTimeMs())
  }

  async publish(request: PublishRequest): Promise<PublishReply> {
    return this.#ledger.publish(request, this.#clock.unixTimeMs())
  }

  async unpublish(request: UnpublishRequest): Promise<UnpublishReply> {
    return this.#ledger.unpublish(request, this.#clock.unixTimeMs())
  }

  async streams(known?: string): Promise<StreamPage | undefined> {
    return this.#ledger.streams(known)
  }

  async nodes(): Promise<readonly ClusterNodeRow[]> {
    return this.#ledger.nodes(this.#clock.unixTimeMs())
  }

  async usage(key: string): Promise<CreditUsage> {
    return this.#ledger.credits.usage(key)
  }

  async directory(tag: NodeTag): Promise<readonly DirectoryEntry[]> {
    return this.#ledger.directory.list(tag)
  }

  async removals(query: RemovalQuery = {}): Promise<readonly RemovalRecord[]> {
    const { after, limit } = resolveRemovalQuery('MemoryStore', query)
    return this.#ledger.directory.removals(after, limit)
  }
}
