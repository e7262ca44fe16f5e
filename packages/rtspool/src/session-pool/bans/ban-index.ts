import { PrefixTable } from '../structures/prefix-table.js'
import type { BanEntry, Candidate } from './ban-entry.js'

/**
 * Index of bans by the parts of their subject: address, then user, then path. No two bans have the
 * same subject, so each combination names one ban, and a look-up takes the same time for any number
 * of bans.
 */
export class BanIndex {
  readonly #byAddress = new PrefixTable<UserTable>()
  readonly #ofAnyAddress = new UserTable()

  add(ban: BanEntry): void {
    const { prefix } = ban.subject
    if (prefix === undefined) this.#ofAnyAddress.set(ban)
    else {
      const users = this.#byAddress.get(prefix) ?? new UserTable()
      users.set(ban)
      this.#byAddress.set(prefix, users)
    }
  }

  delete(ban: BanEntry): void {
    const { prefix } = ban.subject
    const users = prefix === undefined ? this.#ofAnyAddress : this.#byAddress.get(prefix)
    users?.delete(ban)
    if (prefix !== undefined && users?.isEmpty) this.#byAddress.delete(prefix)
  }

  /**
   * Returns a ban that has not expired and whose subject matches the client; `undefined` if there is none. Of several
   * bans, those of smaller networks come first, then those of a user, then those of a path.
   *
   * @param now - Milliseconds of the pool's clock.
   */
  find(candidate: Candidate, now: number): BanEntry | undefined {
    const { digits } = candidate
    const ofAddress =
      digits === undefined
        ? undefined
        : this.#byAddress.find(digits, (users) => users.find(candidate, now))
    return ofAddress ?? this.#ofAnyAddress.find(candidate, now)
  }
}

/** Bans of one network, or of all addresses, indexed by user. */
class UserTable {
  readonly #ofAnyUser = new PathTable()
  #byUser: Map<string, PathTable> | undefined

  get isEmpty(): boolean {
    return !this.#byUser?.size && this.#ofAnyUser.isEmpty
  }

  set(ban: BanEntry): void {
    const { user } = ban.subject
    if (user === undefined) this.#ofAnyUser.set(ban)
    else {
      this.#byUser ??= new Map()
      const paths = this.#byUser.get(user) ?? new PathTable()
      paths.set(ban)
      this.#byUser.set(user, paths)
    }
  }

  delete(ban: BanEntry): void {
    const { user } = ban.subject
    const paths = user === undefined ? this.#ofAnyUser : this.#byUser?.get(user)
    paths?.delete(ban)
    if (user !== undefined && paths?.isEmpty) this.#byUser?.delete(user)
  }

  find({ user, path }: Candidate, now: number): BanEntry | undefined {
    const ofUser = user === undefined ? undefined : this.#byUser?.get(user)?.find(path, now)
    return ofUser ?? this.#ofAnyUser.find(path, now)
  }
}

/** Bans of one user, or of all users, indexed by path. Most tables hold one ban without a path. */
class PathTable {
  #ofAnyPath: BanEntry | undefined
  #byPath: Map<string, BanEntry> | undefined
  #byPattern: PatternTable | undefined

  get isEmpty(): boolean {
    return this.#ofAnyPath === undefined && !this.#byPath?.size && !this.#byPattern?.size
  }

  set(ban: BanEntry): void {
    const { path } = ban.subject
    if (path === undefined) this.#ofAnyPath = ban
    else if (isPattern(path)) {
      this.#byPattern ??= new PatternTable()
      this.#byPattern.set(path, ban)
    } else {
      this.#byPath ??= new Map()
      this.#byPath.set(path, ban)
    }
  }

  delete({ subject: { path } }: BanEntry): void {
    if (path === undefined) this.#ofAnyPath = undefined
    else if (isPattern(path)) this.#byPattern?.delete(path)
    else this.#byPath?.delete(path)
  }

  find(path: string | undefined, now: number): BanEntry | undefined {
    const ofPath =
      path === undefined
        ? undefined
        : (current(this.#byPath?.get(path), now) ?? this.#byPattern?.find(path, now))
    return ofPath ?? current(this.#ofAnyPath, now)
  }
}

/** Bans whose path is a pattern such as `/cams/*`. */
class PatternTable {
  /** Bans with a path pattern, by the part of the pattern before `*`: `/cams/` for `/cams/*`. */
  readonly #byBeginning = new Map<string, BanEntry>()
  /** Numbers of pattern bans by length of the part before `*`. A look-up tries only lengths in use. */
  readonly #lengths = new Map<number, number>()

  get size(): number {
    return this.#byBeginning.size
  }

  set(pattern: string, ban: BanEntry): void {
    const beginning = pattern.slice(0, -1)
    this.#byBeginning.set(beginning, ban)
    this.#lengths.set(beginning.length, (this.#lengths.get(beginning.length) ?? 0) + 1)
  }

  delete(pattern: string): void {
    const beginning = pattern.slice(0, -1)
    if (!this.#byBeginning.delete(beginning)) return
    const left = (this.#lengths.get(beginning.length) ?? 1) - 1
    if (left > 0) this.#lengths.set(beginning.length, left)
    else this.#lengths.delete(beginning.length)
  }

  find(path: string, now: number): BanEntry | undefined {
    for (const length of this.#lengths.keys()) {
      if (path[length - 1] !== '/') continue
      const found = current(this.#byBeginning.get(path.slice(0, length)), now)
      if (found !== undefined) return found
    }
    return undefined
  }
}

const isPattern = (path: string): boolean => path.endsWith('/*')

/** Returns a ban, or `undefined` if it has expired. @param now - Milliseconds of the pool's clock */
const current = (ban: BanEntry | undefined, now: number): BanEntry | undefined =>
  ban !== undefined && ban.endsAt > now ? ban : undefined
