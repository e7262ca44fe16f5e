/** Of the whole, for one media, and so for one session that publishes: the others keep the rest. */
const shareOfOne = 1 / 4

/** Limits what the caches of one media keep together. */
export class CacheShare {
  readonly #budget: CacheBudget
  /** Of all caches of this share. */
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
 * Limits what all caches of a server keep together. When it is too much, the cache whose key frame is oldest is given up,
 * those that nobody watches first; it begins again at its next key frame.
 *
 * ```text
 *  unwatched: oldest key frame … newest       given up from the left, this row first
 *  watched:   oldest key frame … newest
 * ```
 *
 * Each step takes the same time, however many caches there are.
 */
export class CacheBudget {
  readonly maxBytes: number
  /** What all caches keep alive: whole buffers where packets are views of them, and an object for each packet. */
  bytes = 0
  /** Caches that were given up so far because there was too much. */
  givenUp = 0
  readonly #maxShareBytes: number
  readonly #watched = new AccountRow()
  readonly #unwatched = new AccountRow()

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
    this.#maxShareBytes = maxBytes * shareOfOne
  }

  /** For one media. */
  openShare(): CacheShare {
    return new CacheShare(this)
  }

  /** @internal Puts an account at the end of its row; one that keeps nothing is in none. */
  place(account: CacheAccount): void {
    account.row?.remove(account)
    if (account.bytes > 0) (account.isWatched ? this.#watched : this.#unwatched).add(account)
  }

  /** @internal Gives caches up until there is room. */
  enforce(account: CacheAccount, share: CacheShare): void {
    if (share.bytes > this.#maxShareBytes) this.#giveUp(account)
    while (this.bytes > this.maxBytes) {
      const oldest = this.#unwatched.oldest ?? this.#watched.oldest
      if (!oldest) return
      this.#giveUp(oldest)
    }
  }

  #giveUp(account: CacheAccount): void {
    this.givenUp++
    account.giveUp()
    // Whatever the cache does: the loop above has to come to its end.
    account.set(0)
  }
}

/** What one cache keeps. */
export class CacheAccount {
  readonly giveUp: () => void
  bytes = 0
  /** @internal Its row, and its neighbours there. */
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

  /** Whether somebody watches the stream. */
  get isWatched(): boolean {
    return this.#isWatched
  }

  set isWatched(isWatched: boolean) {
    if (isWatched === this.#isWatched) return
    this.#isWatched = isWatched
    this.#budget.place(this)
  }

  /** Says how much is kept now; the cache may be given up before this returns. */
  set(bytes: number): void {
    const before = this.bytes
    if (bytes === before) return
    this.bytes = bytes
    this.#share.bytes += bytes - before
    this.#budget.bytes += bytes - before
    if (before === 0 || bytes === 0) this.#budget.place(this)
    if (bytes > before) this.#budget.enforce(this, this.#share)
  }

  /** Says that a key frame begins: this cache is the newest. */
  renew(): void {
    this.#budget.place(this)
  }
}

/**
 * Accounts from the oldest to the newest, each in one row at most. A `Set` would step over all places that have become
 * free at its front each time that the oldest is asked for.
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

  /** @param account - One of this row. */
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
