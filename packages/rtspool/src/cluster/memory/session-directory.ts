import type { DirectoryEntry, DirectoryRemoval, NodeTag, RemovalRecord } from '../cluster-store.js'
import { serialsPerMs } from '../store-options.js'

/** Entries for the live sessions of all nodes of a cluster, and records of the sessions that have left. */
export class SessionDirectory {
  readonly #maxRemovals: number
  readonly #byNode = new Map<NodeTag, Map<string, string>>()
  /** Records of the sessions that have left, the oldest first. */
  #removals: RemovalRecord[] = []
  #serial = 0

  constructor(maxRemovals: number) {
    this.#maxRemovals = maxRemovals
  }

  /** Lets the serials of later records begin at a time, unless they are larger already. */
  begin(unixTimeMs: number): void {
    this.#serial = Math.max(this.#serial, unixTimeMs * serialsPerMs)
  }

  /** Returns the next serial number, for a record or another change. */
  readonly nextSerial = (): number => ++this.#serial

  put(tag: NodeTag, { publicId, value }: DirectoryEntry): void {
    const entries = this.#byNode.get(tag) ?? new Map<string, string>()
    this.#byNode.set(tag, entries.set(publicId, value))
  }

  /** Removes a session, and records it; a session that is not in the directory leaves no record. */
  remove(tag: NodeTag, removal: DirectoryRemoval, unixTimeMs: number): void {
    const entries = this.#byNode.get(tag)
    if (!entries?.delete(removal.publicId)) return
    if (entries.size === 0) this.#byNode.delete(tag)
    const { publicId, value, reason } = removal
    this.#removals.push({ serial: this.nextSerial(), publicId, value, tag, reason, unixTimeMs })
    if (this.#removals.length > this.#maxRemovals) this.#removals.shift()
  }

  /**
   * Removes some sessions of a node that has died.
   *
   * @returns Whether the node has none left.
   */
  reap(tag: NodeTag, maxSessions: number, unixTimeMs: number): boolean {
    const entries = [...(this.#byNode.get(tag) ?? [])]
    for (const [publicId, value] of entries.slice(0, maxSessions)) {
      this.remove(tag, { publicId, value, reason: 'nodeLost' }, unixTimeMs)
    }
    return entries.length <= maxSessions
  }

  list(tag: NodeTag): DirectoryEntry[] {
    const entries = [...(this.#byNode.get(tag) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    return entries.map(([publicId, value]) => ({ publicId, value }))
  }

  removals(after: number | undefined, limit: number): RemovalRecord[] {
    if (after === undefined) return this.#removals.slice(-limit).reverse()
    return this.#removals.filter(({ serial }) => serial > after).slice(0, limit)
  }
}
