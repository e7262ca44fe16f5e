/**
 * Share of the server's cache memory that the caches of one media may use together. Above it, the
 * cache that has just grown is emptied; the rest of the memory stays for other media.
 */
const shareOfOne = 1 / 4

/** Counts the bytes that all caches of one media use together. */
export class CacheShare {
  readonly #budget: CacheBudget
  /** Number of bytes used by all caches that share this counter. */
  bytes = 0

  constructor(budget: CacheBudget) {
    this.#budget = budget
  }

  /**
   * Creates the account that counts the bytes of one cache.
   *
   * @param giveUp - Called to empty the cache, which must then set its account to 0.
   */
  open(giveUp: () => void): CacheAccount {
    return new CacheAccount(this.#budget, this, giveUp)
  }
}

/**
 * Limits the bytes that all caches of a server hold together. Above the limit, caches are emptied: first those of
 * streams without viewers, and of these the one with the oldest key frame. An emptied cache fills again from its next
 * key frame on.
 *
 * ```text
 *  unwatched: oldest key frame … newest       emptied from the left, this list first
 *  watched:   oldest key frame … newest
 * ```
 *
 * Each step takes constant time, for any number of caches.
 */
export class CacheBudget {
  /**
   * Memory in bytes held by all caches: whole buffers if packets are views of them, and an object for each packet.
   */
  bytes = 0
  /** Number of times that the cache of a track was emptied because of a limit on memory. */
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

  /** Sets the limit in bytes. If the caches use more, some are emptied at once. */
  set maxBytes(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#empty()
  }

  /** Creates the share (common account) of one media: its caches together may use a quarter of the limit. */
  openShare(): CacheShare {
    return new CacheShare(this)
  }

  /**
   * Moves the account of a cache to the end of its list: streams with viewers, or without. An
   * account of 0 bytes is in no list. @internal
   */
  place(account: CacheAccount): void {
    account.row?.remove(account)
    if (account.bytes > 0) (account.isWatched ? this.#watched : this.#unwatched).add(account)
  }

  /**
   * Empties the cache of `account` if its media exceeds its share, and then other caches until the
   * limit of the server is met. @internal
   */
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

/** The account of one cache: the bytes that it holds, and its place in the order in which caches are emptied. */
export class CacheAccount {
  readonly giveUp: () => void
  bytes = 0
  /**
   * List that contains this account. `older` and `newer` are its neighbours in the list. @internal
   */
  row: AccountRow | undefined
  /** Account of the cache that is emptied before this one. @internal */
  older: CacheAccount | undefined
  /** Account of the cache that is emptied after this one. @internal */
  newer: CacheAccount | undefined
  readonly #budget: CacheBudget
  readonly #share: CacheShare
  #isWatched = false

  constructor(budget: CacheBudget, share: CacheShare, giveUp: () => void) {
    this.#budget = budget
    this.#share = share
    this.giveUp = giveUp
  }

  /** True while the stream of the cache has a viewer. Caches without viewers are emptied first. */
  get isWatched(): boolean {
    return this.#isWatched
  }

  set isWatched(isWatched: boolean) {
    if (isWatched === this.#isWatched) return
    this.#isWatched = isWatched
    this.#budget.place(this)
  }

  /**
   * Reports the memory in bytes that the cache holds now. Above a limit, caches are emptied before the call returns,
   * and this cache may be one of them.
   */
  set(bytes: number): void {
    const before = this.bytes
    if (bytes === before) return
    this.bytes = bytes
    this.#share.bytes += bytes - before
    this.#budget.bytes += bytes - before
    if (before === 0 || bytes === 0) this.#budget.place(this)
    if (bytes > before) this.#budget.enforce(this, this.#share)
  }

  /** Reports that the cache begins with a new key frame, and is now the newest in its list. */
  renew(): void {
    this.#budget.place(this)
  }
}

/**
 * Linked list of caches from the oldest to the newest. A cache is in at most one list. A `Set` is
 * too slow: finding its oldest entry steps over all entries removed at its front.
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

  /** Removes the account of a cache, which must be in this list. */
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
