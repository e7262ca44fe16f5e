import type { RemovalReason, Session, SessionPool } from '../../session-pool/index.js'
import type { DirectoryJournal, SessionSource } from './directory-journal.js'

/** Facts about a session in the cluster's directory. */
export interface DirectorySession {
  /** First path that the session plays or records; `undefined` if it is not known yet. */
  readonly path: string | undefined
  readonly user: string | undefined
  readonly address: string | undefined
  /** Time at which the session was created, in seconds since 1970. */
  readonly createdTime: number
}

/** Packs the facts about a session as text: a JSON list. */
export function packSession({ path, user, address, createdTime }: DirectorySession): string {
  return JSON.stringify([path ?? 0, user ?? 0, address ?? 0, createdTime])
}

/** Unpacks the text of {@link packSession}. @returns `undefined` for any other text */
export function unpackSession(value: string): DirectorySession | undefined {
  let list: unknown
  try {
    list = JSON.parse(value)
  } catch {
    return undefined
  }
  if (!Array.isArray(list) || typeof list[3] !== 'number') return undefined
  const [path, user, address] = list.map((part) => (typeof part === 'string' ? part : undefined))
  return { path, user, address, createdTime: list[3] }
}

const leastCreated = 1024

/**
 * Notes sessions of a pool that are created, change or leave, for the journal of the cluster's directory.
 *
 * The journal gets the facts about a session with the next batch, so that the creation of a session costs little. A
 * session that has left before then never reaches the directory, and leaves no removal record.
 */
export class SessionFeed implements SessionSource {
  readonly #pool: SessionPool<object>
  readonly #journal: DirectoryJournal
  readonly #onChange: () => void
  /** Sessions that the journal does not know yet; some may have left. A list costs a new session less than a `Set`. */
  #created: Session<object>[] = []
  /** Number of sessions in the list at which those that have left are taken out. */
  #mostCreated = leastCreated
  /** Sessions that may have other facts than in the journal. */
  readonly #changed = new Set<Session<object>>()
  /** Packed facts that the journal has, by session of the pool. */
  readonly #values = new Map<Session<object>, string>()
  readonly #add = (session: Session<object>): void => {
    // A listener that was called earlier may have removed the session.
    if (session.removalReason !== undefined) return
    const isFirst = this.#created.length + this.#changed.size === 0
    if (this.#created.length >= this.#mostCreated) this.#compact()
    this.#created.push(session)
    if (isFirst) this.#onChange()
  }
  readonly #note = (session: Session<object>): void => {
    if (!this.#values.has(session)) return
    const isFirst = this.#created.length + this.#changed.size === 0
    this.#changed.add(session)
    if (isFirst) this.#onChange()
  }
  readonly #remove = (session: Session<object>, reason: RemovalReason): void => {
    const known = this.#values.get(session)
    if (known === undefined) return
    this.#values.delete(session)
    const value = this.#changed.delete(session) ? summaryOf(session) : known
    this.#journal.remove(session.publicId, reason, value)
    this.#onChange()
  }

  /**
   * Notes the sessions of the pool, and listens for changes.
   *
   * @param onChange - Called when the journal is due.
   */
  constructor(pool: SessionPool<object>, journal: DirectoryJournal, onChange: () => void) {
    this.#pool = pool
    this.#journal = journal
    this.#onChange = onChange
    journal.follow(this)
    pool.on('sessionCreated', this.#add)
    pool.on('sessionStateChanged', this.#note)
    pool.on('sessionRemoved', this.#remove)
    for (const session of pool.values()) this.#add(session)
  }

  get created(): number {
    this.#compact()
    return this.#created.length
  }

  get changed(): number {
    return this.#changed.size
  }

  collect(): void {
    // Taken out first: a session whose facts cannot be read fails one batch, and not all of them.
    this.#created.reverse()
    for (let each = this.#created.pop(); each !== undefined; each = this.#created.pop()) {
      if (each.removalReason === undefined) this.#put(each)
    }
    for (const session of this.#changed) {
      this.#changed.delete(session)
      this.#put(session)
    }
  }

  /** Stops to listen. Idempotent. */
  close(): void {
    this.#pool.off('sessionCreated', this.#add)
    this.#pool.off('sessionStateChanged', this.#note)
    this.#pool.off('sessionRemoved', this.#remove)
  }

  #compact(): void {
    this.#created = this.#created.filter(({ removalReason }) => removalReason === undefined)
    this.#mostCreated = Math.max(leastCreated, 2 * this.#created.length)
  }

  #put(session: Session<object>): void {
    const value = summaryOf(session)
    if (this.#values.get(session) === value) return
    this.#values.set(session, value)
    this.#journal.put(session.publicId, value)
  }
}

const summaryOf = ({ paths, owner, createdTime }: Session<object>): string =>
  packSession({
    path: paths[0],
    user: owner?.user,
    address: owner?.address,
    createdTime: Math.floor(createdTime.getTime() / 1000),
  })
