import type {
  DirectoryEntry,
  DirectoryRemoval,
  EventCount,
  FlushRequest,
  NodeTag,
} from '../cluster-store.js'

/** A session that has left, and for whose record no batch is on its way. */
interface Removal extends DirectoryRemoval {
  /** The directory has the session, or an earlier batch brings it. */
  readonly isAnnounced: boolean
}

/** Maximum number of sessions and counters in one batch. */
const maxBatch = 256

/**
 * Changes of the sessions of this node that the directory does not have yet. Changes collapse by
 * session, so that an outage of the store makes the journal no larger than the number of sessions.
 */
export class DirectoryJournal {
  readonly #maxRemovals: number
  /** Value of each session of this node. */
  readonly #live = new Map<string, string>()
  /** Sessions of this node whose value the directory does not have. */
  readonly #unsent = new Set<string>()
  readonly #removals = new Map<string, Removal>()
  #events = new Map<string, EventCount>()
  #inFlight: FlushRequest | undefined
  #seq = 0
  #answeredSeq = 0
  #dropped = 0

  /**
   * Creates an empty journal.
   *
   * @param maxRemovals - Maximum number of removals that wait; beyond it, the oldest is dropped.
   */
  constructor(maxRemovals: number) {
    this.#maxRemovals = maxRemovals
  }

  /** Number of removals that have been dropped, and leave no record. */
  get dropped(): number {
    return this.#dropped
  }

  /** Number of the last batch that was answered since the last restart; 0 = none. */
  get answeredSeq(): number {
    return this.#answeredSeq
  }

  /** Number of sessions of this node. */
  get live(): number {
    return this.#live.size
  }

  /** Tells that a batch is due. */
  get isDue(): boolean {
    const { size } = this.#removals
    return this.#inFlight !== undefined || size + this.#unsent.size + this.#events.size > 0
  }

  /** Adds a session, or changes its value. */
  put(publicId: string, value: string): void {
    this.#live.set(publicId, value)
    this.#unsent.add(publicId)
  }

  /** Removes a session, with the reason for its record. */
  remove(publicId: string, reason: string): void {
    const value = this.#live.get(publicId)
    if (value === undefined) return
    this.#live.delete(publicId)
    const isAnnounced = !this.#unsent.delete(publicId)
    this.#keep({ publicId, value, reason, isAnnounced })
  }

  /** Counts an event for the shared counters. */
  note(key: string, windowMs: number): void {
    const count = (this.#events.get(key)?.count ?? 0) + 1
    this.#events.set(key, { key, count, windowMs })
  }

  /**
   * Returns the next batch: the one before, until that is answered.
   *
   * @returns `undefined` if the directory has everything.
   */
  next(tag: NodeTag, epoch: string): FlushRequest | undefined {
    if (this.#inFlight !== undefined || !this.isDue) return this.#inFlight
    const puts: DirectoryEntry[] = []
    const removals: DirectoryRemoval[] = []
    const events: EventCount[] = []
    for (const [publicId, { value, reason, isAnnounced }] of this.#removals) {
      if (puts.length + removals.length >= maxBatch - 1) break
      if (!isAnnounced) puts.push({ publicId, value })
      removals.push({ publicId, value, reason })
      this.#removals.delete(publicId)
    }
    for (const publicId of this.#unsent) {
      if (puts.length + removals.length >= maxBatch) break
      puts.push({ publicId, value: this.#live.get(publicId) as string })
      this.#unsent.delete(publicId)
    }
    for (const [key, event] of this.#events) {
      if (events.length >= maxBatch) break
      events.push(event)
      this.#events.delete(key)
    }
    this.#inFlight = { tag, epoch, seq: ++this.#seq, puts, removals, events }
    return this.#inFlight
  }

  /** Notes that the ledger has carried out a batch. */
  confirm({ seq }: FlushRequest): void {
    if (this.#inFlight?.seq !== seq) return
    this.#inFlight = undefined
    this.#answeredSeq = seq
  }

  /**
   * Prepares the journal for a directory that has nothing of this node: every session is announced
   * again, and each removal with its session.
   *
   * Events of a batch without answer are dropped: a ban for events that were counted twice would be
   * worse than a late one.
   */
  restart(): void {
    const waiting = [...(this.#inFlight?.removals ?? []), ...this.#removals.values()]
    this.#inFlight = undefined
    this.#answeredSeq = 0
    this.#removals.clear()
    for (const removal of waiting) this.#keep({ ...removal, isAnnounced: false })
    for (const publicId of this.#live.keys()) this.#unsent.add(publicId)
  }

  #keep(removal: Removal): void {
    this.#removals.set(removal.publicId, removal)
    if (this.#removals.size <= this.#maxRemovals) return
    const [oldest] = this.#removals.keys()
    if (oldest !== undefined) this.#removals.delete(oldest)
    this.#dropped++
  }
}
