import { PrefixTable } from '../structures/prefix-table.js'
import type { BanEntry, Candidate } from './ban-entry.js'

/**
 * Index of bans by the most selective part of their subject: address, else user, else path. So a
 * look-up takes the same time for any number of bans.
 */
export class BanIndex {
  readonly #byAddress = new PrefixTable<BanEntry>()
  readonly #byUser = new Map<string, BanEntry[]>()
  readonly #byPath = new PathTable()

  add(ban: BanEntry): void {
    const { prefix, user, path } = ban.subject
    if (prefix !== undefined) this.#byAddress.add(prefix, ban)
    else if (user !== undefined) append(this.#byUser, user, ban)
    else if (path !== undefined) this.#byPath.add(path, ban)
  }

  delete(ban: BanEntry): void {
    const { prefix, user, path } = ban.subject
    if (prefix !== undefined) this.#byAddress.delete(prefix, ban)
    else if (user !== undefined) remove(this.#byUser, user, ban)
    else if (path !== undefined) this.#byPath.delete(path, ban)
  }

  /** Returns a ban that has not expired and whose subject matches the client. */
  find(candidate: Candidate, now: number): BanEntry | undefined {
    const { digits, user, path } = candidate
    const holds = (ban: BanEntry): boolean => ban.matches(candidate, now)
    const byAddress = digits === undefined ? undefined : this.#byAddress.find(digits, holds)
    if (byAddress !== undefined) return byAddress
    const byUser = user === undefined ? undefined : this.#byUser.get(user)?.find(holds)
    if (byUser !== undefined) return byUser
    return path === undefined ? undefined : this.#byPath.find(path, holds)
  }
}

/** Bans by path or pattern of paths. */
class PathTable {
  readonly #paths = new Map<string, BanEntry[]>()
  /**
   * Bans by the beginning of the paths that a pattern matches, such as `/cams/` for the pattern
   * `/cams/*`.
   */
  readonly #beginnings = new Map<string, BanEntry[]>()
  /**
   * Number of keys in `#beginnings` by their length, so that a look-up tries only lengths in
   * use.
   */
  readonly #lengths = new Map<number, number>()

  add(pattern: string, ban: BanEntry): void {
    if (!pattern.endsWith('/*')) {
      append(this.#paths, pattern, ban)
      return
    }
    const beginning = pattern.slice(0, -1)
    if (append(this.#beginnings, beginning, ban) > 1) return
    this.#lengths.set(beginning.length, (this.#lengths.get(beginning.length) ?? 0) + 1)
  }

  delete(pattern: string, ban: BanEntry): void {
    if (!pattern.endsWith('/*')) {
      remove(this.#paths, pattern, ban)
      return
    }
    const beginning = pattern.slice(0, -1)
    if (remove(this.#beginnings, beginning, ban) > 0) return
    const left = (this.#lengths.get(beginning.length) ?? 1) - 1
    if (left > 0) this.#lengths.set(beginning.length, left)
    else this.#lengths.delete(beginning.length)
  }

  find(path: string, holds: (ban: BanEntry) => boolean): BanEntry | undefined {
    const exact = this.#paths.get(path)?.find(holds)
    if (exact !== undefined) return exact
    for (const length of this.#lengths.keys()) {
      if (path[length - 1] !== '/') continue
      const found = this.#beginnings.get(path.slice(0, length))?.find(holds)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** Adds a ban to the list of a key. @returns Number of bans with this key afterwards */
function append(table: Map<string, BanEntry[]>, key: string, ban: BanEntry): number {
  const bans = table.get(key)
  if (bans !== undefined) return bans.push(ban)
  table.set(key, [ban])
  return 1
}

/** Removes a ban from the list of a key. @returns Number of bans with this key afterwards */
function remove(table: Map<string, BanEntry[]>, key: string, ban: BanEntry): number {
  const bans = table.get(key) ?? []
  const index = bans.indexOf(ban)
  if (index >= 0) bans.splice(index, 1)
  if (bans.length === 0) table.delete(key)
  return bans.length
}
