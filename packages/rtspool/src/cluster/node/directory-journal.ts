import type {
  DirectoryEntry,
  DirectoryRemoval,
  EventCount,
  FlushRequest,
  NodeTag,
} from '../cluster-store.js'

/** Events of one kind that wait for a batch. */
interface NotedEvents extends EventCount {
  /** Monotonic time in milliseconds at which the period of the first of them ends. */
  readonly endsAt: number
}

/** Sessions that have been noted, but whose facts a {@link DirectoryJournal} does not have yet. */
export interface SessionSource {
  /** Number of sessions that the journal does not know. */
  readonly created: number
  /** Number of sessions of the journal that may have other facts. */
  readonly changed: number
  /** Puts all of these sessions into the journal. */
  collect(): void
}

/** Maximum number of session changes, and of counters, in one batch for the cluster's directory. */
const maxBatch = 256
/** Maximum number of counters whose events wait. */
const maxCounters = 4096

/**
 * Changes of the sessions of this node that the cluster's directory does not have yet. Several changes of a session
 * become one, so that an outage of the store makes the journal no larger than the number of sessions.
 */
export class DirectoryJournal {
  readonly #maxRemovals: number
  /** Summaries of the live sessions of this node, by public id. */
  readonly #live = new Map<string, string>()
  /** Public ids of the sessions of this node whose present summary is not in the cluster's directory. */
  readonly #unsent = new Set<string>()
  /** Public ids of the sessions of this node that the directory has, or that a batch on its way brings. */
  readonly #sent = new Set<string>()
  /** Removals of sessions that the directory has, or that an earlier batch brings. */
  readonly #announced = new Map<string, DirectoryRemoval>()
  /** Removals of sessions that the directory learns of together with their removal. */
  readonly #unannounced = new Map<string, DirectoryRemoval>()
  readonly #events = new Map<string, NotedEvents>()
  #source: SessionSource | undefined
  #inFlight: FlushRequest | undefined
  #seq = 0
  #answeredSeq = 0
  #dropped = 0
  #droppedEvents = 0

  /**
   * Creates a journal without changes.
   *
   * @param maxRemovals - Maximum number of removals that wait. Beyond it, the oldest one of a
   *   session that the directory does not have is dropped; the others are no more than the
   *   directory has sessions of this node.
   */
  constructor(maxRemovals: number) {
    this.#maxRemovals = maxRemovals
  }

  /** Number of removed sessions that the full journal has dropped. They get no removal record in the cluster. */
  get dropped(): number {
    return this.#dropped
  }

  /** Number of events that have been dropped, because they were too many or their period is over. */
  get droppedEvents(): number {
    return this.#droppedEvents
  }

  /** Number of the last batch that was answered since the last restart; 0 = none. */
  get answeredSeq(): number {
    return this.#answeredSeq
  }

  /** Number of sessions of this node. */
  get live(): number {
    return this.#live.size + (this.#source?.created ?? 0)
  }

  /** True if there is a batch of changes to send to the cluster's directory, or the source may have changes. */
  get isDue(): boolean {
    if (this.#source !== undefined && this.#source.created + this.#source.changed > 0) return true
    const waiting = [this.#announced, this.#unannounced, this.#unsent, this.#events]
    return this.#inFlight !== undefined || waiting.some(({ size }) => size > 0)
  }

  /** Sets the source of sessions for {@link collect}. */
  follow(source: SessionSource): void {
    this.#source = source
  }

  /** Takes over the changes of the source. Called before each batch, also while earlier ones wait for the store. */
  collect(): void {
    this.#source?.collect()
  }

  /** Adds a session to the journal, or changes its summary. @param value - Packed summary for the directory */
  put(publicId: string, value: string): void {
    this.#live.set(publicId, value)
    this.#unsent.add(publicId)
  }

  /**
   * Removes a session of this node from the directory with a later batch. Does nothing for an unknown session.
   *
   * @param reason - Reason in the removal record.
   * @param value - Packed summary in the removal record. @defaultValue the last one that was put
   */
  remove(publicId: string, reason: string, value = this.#live.get(publicId)): void {
    if (value === undefined || !this.#live.delete(publicId)) return
    this.#unsent.delete(publicId)
    const isAnnounced = this.#sent.delete(publicId)
    const removals = isAnnounced ? this.#announced : this.#unannounced
    removals.set(publicId, { publicId, value, reason })
    this.#dropRemovals()
  }

  /**
   * Counts an event for the shared counters.
   *
   * @param windowMs - Period of the counter; an event that waits longer is dropped.
   */
  note(key: string, windowMs: number, now: number): void {
    this.#dropEnded(key, now)
    const { count, endsAt } = this.#events.get(key) ?? { count: 0, endsAt: now + windowMs }
    this.#events.set(key, { key, count: count + 1, windowMs, endsAt })
    if (this.#events.size <= maxCounters) return
    const [first] = this.#events.keys()
    this.#dropEvents(first as string)
  }

  /**
   * Returns the next batch of changes for the directory. Until {@link confirm} is called for a batch, returns that
   * batch again.
   *
   * @returns `undefined` if the directory has everything.
   */
  next(tag: NodeTag, epoch: string, now: number): FlushRequest | undefined {
    if (this.#inFlight !== undefined) return this.#inFlight
    for (const key of this.#events.keys()) this.#dropEnded(key, now)
    if (!this.isDue) return undefined
    const puts: DirectoryEntry[] = []
    const removals: DirectoryRemoval[] = []
    const events: EventCount[] = []
    for (const waiting of [this.#announced, this.#unannounced]) {
      for (const removal of waiting.values()) {
        if (puts.length + removals.length >= maxBatch - 1) break
        const { publicId, value } = removal
        if (waiting === this.#unannounced) puts.push({ publicId, value })
        removals.push(removal)
        waiting.delete(publicId)
      }
    }
    for (const publicId of this.#unsent) {
      if (puts.length + removals.length >= maxBatch) break
      puts.push({ publicId, value: this.#live.get(publicId) as string })
      this.#unsent.delete(publicId)
      this.#sent.add(publicId)
    }
    for (const [key, { count, windowMs }] of this.#events) {
      if (events.length >= maxBatch) break
      events.push({ key, count, windowMs })
      this.#events.delete(key)
    }
    this.#inFlight = { tag, epoch, seq: ++this.#seq, puts, removals, events }
    return this.#inFlight
  }

  /** Notes that the store has carried out a batch, so that the next one may be sent. */
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
    const waiting = [
      ...(this.#inFlight?.removals ?? []),
      ...this.#announced.values(),
      ...this.#unannounced.values(),
    ]
    this.#inFlight = undefined
    this.#answeredSeq = 0
    this.#sent.clear()
    this.#announced.clear()
    this.#unannounced.clear()
    for (const removal of waiting) this.#unannounced.set(removal.publicId, removal)
    this.#dropRemovals()
    for (const publicId of this.#live.keys()) this.#unsent.add(publicId)
  }

  #dropRemovals(): void {
    for (const publicId of this.#unannounced.keys()) {
      if (this.#announced.size + this.#unannounced.size <= this.#maxRemovals) return
      this.#unannounced.delete(publicId)
      this.#dropped++
    }
  }

  #dropEnded(key: string, now: number): void {
    const events = this.#events.get(key)
    if (events !== undefined && events.endsAt <= now) this.#dropEvents(key)
  }

  #dropEvents(key: string): void {
    this.#droppedEvents += this.#events.get(key)?.count ?? 0
    this.#events.delete(key)
  }
}
