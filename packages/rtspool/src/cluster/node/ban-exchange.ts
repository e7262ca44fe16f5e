import type { Clock } from '../../clock.js'
import { SessionPoolError } from '../../errors.js'
import { createPublicId } from '../../public-id.js'
import type { Ban, BanRecord, SessionPool, UnbanReason } from '../../session-pool/index.js'
import type { BanChange, ClusterBan, ClusterStore } from '../cluster-store.js'

/** Clock, store and functions that a {@link BanExchange} uses. */
interface BanExchangeOptions {
  readonly clock: Clock
  readonly store: Pick<ClusterStore, 'ban' | 'unban'>
  /** Called when a change of the pool's bans waits for the store. */
  readonly onChange: () => void
}

const msPerSecond = 1000

/**
 * Exchanges bans between the pool of a node and its cluster: sends changes of the pool's bans to the store, and applies
 * those of other nodes to the pool.
 *
 * The store never changes a ban. A ban of the pool that gets other terms keeps its public id, and is another entry of
 * the store, with a key of its own.
 */
export class BanExchange {
  readonly #pool: SessionPool<object>
  readonly #options: BanExchangeOptions
  /** Key of the entry in the store by public id of the ban. */
  readonly #keys = new Map<string, string>()
  /** Public id of the ban by key, for the keys of {@link #keys}. */
  readonly #ids = new Map<string, string>()
  /** Keys of new entries that wait for the store, by public id of the ban. */
  readonly #added = new Map<string, string>()
  /** Keys of entries that the store must remove. */
  readonly #obsolete = new Set<string>()
  /** Entries of the cluster that the store has lost, by key. */
  readonly #lost = new Map<string, ClusterBan>()
  #isApplying = false
  #refused = 0
  readonly #banned = ({ publicId }: Ban): void => {
    if (this.#isApplying) return
    const isKnown = this.#dropKeys(publicId)
    this.#added.set(publicId, isKnown ? createPublicId() : publicId)
    this.#options.onChange()
  }
  readonly #unbanned = ({ publicId }: Ban, reason: UnbanReason): void => {
    if (this.#isApplying) return
    // The store ends an expired ban by itself, and other nodes may have room for a displaced one.
    if (reason === 'removed') this.#dropKeys(publicId)
    else this.#added.delete(publicId)
    this.#options.onChange()
  }

  /** Listens for changes of the pool's bans. All present bans wait for the store. */
  constructor(pool: SessionPool<object>, options: BanExchangeOptions) {
    this.#pool = pool
    this.#options = options
    for (const { publicId } of pool.bans) this.#added.set(publicId, publicId)
    pool.on('banned', this.#banned)
    pool.on('unbanned', this.#unbanned)
  }

  /** Number of bans of other nodes that the pool has refused, because its list is full or the ban has a wrong form. */
  get refused(): number {
    return this.#refused
  }

  /** Number of changes that wait for the store. */
  get pending(): number {
    return this.#added.size + this.#obsolete.size + this.#lost.size
  }

  /** Adds entries that the store has lost, to be sent again. */
  restore(bans: readonly ClusterBan[]): void {
    for (const ban of bans) {
      if (!this.#obsolete.has(ban.publicId)) this.#lost.set(ban.publicId, ban)
    }
    if (bans.length > 0) this.#options.onChange()
  }

  /** Sends all waiting changes to the store. Rejects with the first failure; the other changes go on waiting. */
  async send(): Promise<void> {
    const { store, clock } = this.#options
    for (const [publicId, key] of this.#added) {
      const ban = this.#pool.bans.get(publicId)
      const isIn = ban !== undefined && (await store.ban(entryOf(ban, key, clock)))
      // The ban may have changed once more meanwhile.
      if (this.#added.get(publicId) !== key) continue
      this.#added.delete(publicId)
      if (isIn) this.#setKey(publicId, key)
      else this.#removeQuietly(publicId)
    }
    for (const [key, ban] of this.#lost) {
      await store.ban(ban)
      this.#lost.delete(key)
    }
    for (const key of this.#obsolete) {
      await store.unban(key)
      this.#obsolete.delete(key)
    }
  }

  /** Applies changes of the cluster's bans to the pool. Sends no change back. */
  apply(changes: readonly BanChange[]): void {
    this.#isApplying = true
    try {
      for (const { publicId: key, record, remainingMs } of changes) {
        if (record === undefined) this.#applyRemoval(key)
        else this.#applyEntry(key, record, remainingMs)
      }
    } finally {
      this.#isApplying = false
    }
  }

  /** Stops to listen. Idempotent. */
  close(): void {
    this.#pool.off('banned', this.#banned)
    this.#pool.off('unbanned', this.#unbanned)
  }

  /** Removes a ban of the pool that another node has removed from the cluster. */
  #removeQuietly(publicId: string): void {
    this.#isApplying = true
    try {
      this.#pool.bans.remove(publicId)
    } finally {
      this.#isApplying = false
    }
  }

  #applyRemoval(key: string): void {
    const publicId = this.#ids.get(key)
    if (publicId === undefined) return
    this.#ids.delete(key)
    this.#keys.delete(publicId)
    // Otherwise, a newer change of this node waits for the store.
    if (!this.#added.has(publicId)) this.#pool.bans.remove(publicId)
  }

  #applyEntry(key: string, record: string, remainingMs: number): void {
    if (this.#obsolete.has(key)) return
    try {
      const ban = this.#read(record, remainingMs)
      const { publicId } = ban
      if (this.#added.has(publicId)) {
        if (this.#added.get(publicId) !== key) this.#remove(key)
        return
      }
      const before = this.#keys.get(publicId)
      if (before !== undefined && before !== key) this.#remove(before)
      const { bans } = this.#pool
      const own = bans.get(publicId)
      if (own === undefined || !isSameBan(own, ban)) {
        if (own !== undefined) bans.remove(publicId)
        if (bans.restore([ban]) === 0 && !this.#replaceOther(ban, key)) return
      }
      this.#setKey(publicId, key)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#refused++
    }
  }

  /**
   * Keeps one of two bans of the same clients, which two nodes have added at the same time: on all nodes, the one with
   * the smaller id.
   *
   * @returns Whether the new ban is the one.
   */
  #replaceOther(ban: BanRecord, key: string): boolean {
    const { bans } = this.#pool
    const other = [...bans].find((each) => isSameSubject(each, ban))
    if (other === undefined) return false
    if (other.publicId < ban.publicId) {
      this.#remove(key)
      return false
    }
    this.#dropKeys(other.publicId)
    bans.remove(other.publicId)
    return bans.restore([ban]) > 0
  }

  /** Removes all entries of a ban from the store. @returns Whether there may be any */
  #dropKeys(publicId: string): boolean {
    const keys = [this.#keys.get(publicId), this.#added.get(publicId)]
    this.#added.delete(publicId)
    for (const key of keys) if (key !== undefined) this.#remove(key)
    return keys.some((key) => key !== undefined)
  }

  #remove(key: string): void {
    const publicId = this.#ids.get(key)
    this.#ids.delete(key)
    if (publicId !== undefined) this.#keys.delete(publicId)
    this.#lost.delete(key)
    this.#obsolete.add(key)
    this.#options.onChange()
  }

  #setKey(publicId: string, key: string): void {
    this.#keys.set(publicId, key)
    this.#ids.set(key, publicId)
  }

  /** @throws {SyntaxError | TypeError} when the text is no record of a ban */
  #read(text: string, remainingMs: number): BanRecord {
    const record = JSON.parse(text) as BanRecord
    const unixTimeMs = this.#options.clock.unixTimeMs()
    const until = remainingMs === 0 ? undefined : (unixTimeMs + remainingMs) / msPerSecond
    return { ...record, until, hits: 0 }
  }
}

function entryOf(ban: Ban, key: string, clock: Clock): ClusterBan {
  const { until } = ban
  const leftMs = until === undefined ? 0 : until * msPerSecond - clock.unixTimeMs()
  const durationMs = until === undefined ? 0 : Math.max(1, Math.ceil(leftMs))
  return { publicId: key, record: JSON.stringify(ban), durationMs }
}

const isRefusal = (error: unknown): boolean =>
  [SyntaxError, TypeError, RangeError, SessionPoolError].some((type) => error instanceof type)

const isSameSubject = (one: BanRecord | Ban, other: BanRecord | Ban): boolean =>
  one.address === other.address && one.user === other.user && one.path === other.path

/** Seconds by which two readings of the end of one ban may differ. */
const sameEndSeconds = 5

const isSameBan = (one: Ban, other: BanRecord): boolean =>
  isSameSubject(one, other) &&
  one.reason === other.reason &&
  one.author === other.author &&
  Math.abs((one.until ?? Number.MAX_VALUE) - (other.until ?? Number.MAX_VALUE)) < sameEndSeconds
