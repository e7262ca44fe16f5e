/**
 * Share of the budget that one media, and so one publishing session, may use. The others keep the
 * rest.
 */
const shareOfOne = 1 / 4

/** Limits the bytes that the caches of one media hold together. */
export class CacheShare {
  readonly #budget: CacheBudget
  /** Bytes held by all caches of this share. */
  bytes = 0

  constructor(budget: CacheBudget) {
    this.#budget = budget
  }

  /** @param giveUp - Empties the cache, which then sets its account to 0. */
  open(giveUp: () => void): CacheAccount {
    return new CacheAccount(this.#budget, this, giveUp)
  }
}

/**
 * Limits the bytes that all caches of a server hold together. Over the limit, the cache with the
 * oldest key frame is emptied, unwatched streams first. It fills again from its next key frame on.
 *
 * ```text
 *  unwatched: oldest key frame … newest       emptied from the left, this row first
 *  watched:   oldest key frame … newest
 * ```
 *
 * Each step takes constant time, for any number of caches.
 */
export class CacheBudget {
  /**
   * Memory held by all caches: whole buffers if packets are views of them, and an object for each
   * packet.
   */
  bytes = 0
  /** Caches emptied so far because of the limit. */
  givenUp = 0
  #maxBytes: number
  readonly #watched = new AccountRow()
  readonly #unwatched = new AccountRow()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** Empties caches at once if they hold more. */
  set maxBytes(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#empty()
  }

  /** Creates the share of one media. */
  openShare(): CacheShare {
    return new CacheShare(this)
  }

  /** @internal Moves an account to the end of its row; an empty account is in no row. */
  place(account: CacheAccount): void {
    account.row?.remove(account)
    if (account.bytes > 0) (account.isWatched ? this.#watched : this.#unwatched).add(account)
  }

  /** @internal Empties caches until the limits are met. */
  enforce(account: CacheAccount, share: CacheShare): void {
    if (share.bytes > this.#maxBytes * shareOfOne) this.#giveUp(account)
    this.#empty()
  }

  #empty(): void {
    while (this.bytes > this.#maxBytes) {
      const oldest = this.#unwatched.oldest ?? this.#watched.oldest
      if (!oldest) return
      this.#giveUp(oldest)
    }
  }

  #giveUp(account: CacheAccount): void {
    this.givenUp++
    account.giveUp()
    // Set even if the cache fails to do so, because the loop above must end.
    account.set(0)
  }
}

/** The account of one cache. */
export class CacheAccount {
  readonly giveUp: () => void
  bytes = 0
  /** @internal Row of this account; `older` and `newer` are its neighbours there. */
  row: AccountRow | undefined
  /** @internal */
  older: CacheAccount | undefined
  /** @internal */
  newer: CacheAccount | undefined
  readonly #budget: CacheBudget
  readonly #share: CacheShare
  #isWatched = false

  constructor(budget: CacheBudget, share: CacheShare, giveUp: () => void) {
    this.#budget = budget
    this.#share = share
    this.giveUp = giveUp
  }

  /** True while somebody watches the stream. */
  get isWatched(): boolean {
    return this.#isWatched
  }

  set isWatched(isWatched: boolean) {
    if (isWatched === this.#isWatched) return
    this.#isWatched = isWatched
    this.#budget.place(this)
  }

  /** Reports the bytes held now. The cache may be emptied before this returns. */
  set(bytes: number): void {
    const before = this.bytes
    if (bytes === before) return
    this.bytes = bytes
    this.#share.bytes += bytes - before
    this.#budget.bytes += bytes - before
    if (before === 0 || bytes === 0) this.#budget.place(this)
    if (bytes > before) this.#budget.enforce(this, this.#share)
  }

  /** Reports the start of a key frame: this cache becomes the newest. */
  renew(): void {
    this.#budget.place(this)
  }
}

/**
 * Accounts from the oldest to the newest, each in at most one row. A `Set` is too slow: finding its
 * oldest entry steps over all places freed at its front.
 */
class AccountRow {
  oldest: CacheAccount | undefined
  #newest: CacheAccount | undefined

  add(account: CacheAccount): void {
    account.row = this
    account.older = this.#newest
    if (this.#newest) this.#newest.newer = account
    else this.oldest = account
    this.#newest = account
  }

  /** @param account - An account of this row. */
  remove(account: CacheAccount): void {
    const { older, newer } = account
    if (older) older.newer = newer
    else this.oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    account.row = undefined
    account.older = undefined
    account.newer = undefined
  }
}
