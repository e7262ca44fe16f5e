import type { BanChange, ClusterBan } from '../cluster-store.js'
import { banPage, expiredBatch } from '../store-options.js'

interface BanState {
  readonly version: number
  /** Ban as JSON text; `undefined` = the ban has been removed. */
  readonly record: string | undefined
  /** Time at which the ban ends, in milliseconds of `LedgerTime`; 0 = never. */
  readonly endsAt: number
}

/** Changes of bans after a cursor, and the cursor of the next page. */
export interface BanPage {
  readonly bans: BanChange[]
  readonly cursor: string
  /** The list begins again: the reader discards other bans that it knows when it has read all. */
  readonly isReset: boolean
  /** More changes follow these. */
  readonly hasMore: boolean
}

/** Bans of the cluster, and the order of their changes. */
export class BanLedger {
  /** Bans and removed bans by public id, in the order of their last change. */
  readonly #bans = new Map<string, BanState>()
  #version = 0
  /** Version (number of the change) of the latest removed ban that the ledger no longer remembers. */
  #floor = 0
  #tombstones = 0
  readonly #maxTombstones: number

  constructor(maxTombstones: number) {
    this.#maxTombstones = maxTombstones
  }

  add({ publicId, record, durationMs }: ClusterBan, now: number): boolean {
    const before = this.#bans.get(publicId)
    if (before !== undefined) return before.record !== undefined
    this.#dropExpired(now)
    const endsAt = durationMs === 0 ? 0 : now + durationMs
    this.#bans.set(publicId, { version: ++this.#version, record, endsAt })
    return true
  }

  remove(publicId: string): boolean {
    if (this.#bans.get(publicId)?.record === undefined) return false
    this.#bans.delete(publicId)
    this.#bans.set(publicId, { version: ++this.#version, record: undefined, endsAt: 0 })
    this.#tombstones++
    if (this.#tombstones > this.#maxTombstones) this.#dropTombstone()
    return true
  }

  /**
   * Returns changes after a cursor in their order. A node that has missed a removal which the
   * ledger has forgotten starts afresh, and so does one that has read further than the list goes.
   */
  after(cursor: string, now: number): BanPage {
    const [seenText = '0', floorText = String(this.#floor)] = cursor === '' ? [] : cursor.split('.')
    const hasMissed = Number(seenText) < this.#floor && Number(floorText) < this.#floor
    const isReset = hasMissed || Number(seenText) > this.#version
    const seen = isReset ? 0 : Number(seenText)
    const floor = isReset ? this.#floor : Number(floorText)
    const changed = [...this.#bans].filter(([, { version }]) => version > seen)
    const page = changed.slice(0, banPage)
    const hasMore = changed.length > page.length
    const bans = page
      .filter(([, { endsAt }]) => endsAt === 0 || endsAt > now)
      .map(([publicId, ban]) => changeOf(publicId, ban, now))
    return { bans, cursor: `${page.at(-1)?.[1].version ?? seen}.${floor}`, isReset, hasMore }
  }

  list(now: number): BanChange[] {
    return [...this.#bans]
      .filter(([, { record, endsAt }]) => record !== undefined && (endsAt === 0 || endsAt > now))
      .map(([publicId, ban]) => changeOf(publicId, ban, now))
  }

  #dropExpired(now: number): void {
    const expired = [...this.#bans]
      .filter(([, { endsAt }]) => endsAt > 0 && endsAt <= now)
      .sort(([idOfA, a], [idOfB, b]) => a.endsAt - b.endsAt || (idOfA < idOfB ? -1 : 1))
    for (const [publicId] of expired.slice(0, expiredBatch)) this.#bans.delete(publicId)
  }

  #dropTombstone(): void {
    for (const [publicId, { record, version }] of this.#bans) {
      if (record !== undefined) continue
      this.#bans.delete(publicId)
      this.#floor = version
      this.#tombstones--
      return
    }
  }
}

const changeOf = (publicId: string, { record, endsAt }: BanState, now: number): BanChange => ({
  publicId,
  record,
  remainingMs: endsAt === 0 ? 0 : endsAt - now,
})
