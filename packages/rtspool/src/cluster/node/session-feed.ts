import type { RemovalReason, Session, SessionPool } from '../../session-pool/index.js'
import type { DirectoryJournal } from './directory-journal.js'

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

/** Notes sessions of a pool that are created, change or leave in the journal for the cluster's directory. */
export class SessionFeed {
  readonly #pool: SessionPool<object>
  readonly #journal: DirectoryJournal
  readonly #onChange: () => void
  readonly #values = new WeakMap<Session<object>, string>()
  readonly #put = (session: Session<object>): void => {
    const value = summaryOf(session)
    if (this.#values.get(session) === value) return
    this.#values.set(session, value)
    this.#journal.put(session.publicId, value)
    this.#onChange()
  }
  readonly #remove = (session: Session<object>, reason: RemovalReason): void => {
    this.#journal.remove(session.publicId, reason)
    this.#onChange()
  }

  /**
   * Notes the sessions of the pool, and listens for changes.
   *
   * @param onChange - Called when the journal has a change.
   */
  constructor(pool: SessionPool<object>, journal: DirectoryJournal, onChange: () => void) {
    this.#pool = pool
    this.#journal = journal
    this.#onChange = onChange
    pool.on('sessionCreated', this.#put)
    pool.on('sessionStateChanged', this.#put)
    pool.on('sessionRemoved', this.#remove)
    for (const session of pool.values()) this.#put(session)
  }

  /** Stops to listen. Idempotent. */
  close(): void {
    this.#pool.off('sessionCreated', this.#put)
    this.#pool.off('sessionStateChanged', this.#put)
    this.#pool.off('sessionRemoved', this.#remove)
  }
}

const summaryOf = ({ paths, owner, createdTime }: Session<object>): string =>
  packSession({
    path: paths[0],
    user: owner?.user,
    address: owner?.address,
    createdTime: Math.floor(createdTime.getTime() / 1000),
  })
