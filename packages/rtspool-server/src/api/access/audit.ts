import type { Role } from './roles.js'

/** One change that was made, or tried, through the API. */
export interface AuditEntry {
  /** Number of the entry, from 1. */
  readonly id: number
  readonly time: string
  readonly requestId: string
  /** Token that was used: its id and name, never the token. */
  readonly token: { readonly id: string; readonly name: string; readonly role: Role }
  readonly address: string
  readonly operation: string
  /** Parameters of the path and members of the body, without secrets. */
  readonly input: Readonly<Record<string, unknown>>
  /** Status of the response. */
  readonly status: number
}

/** Keeps the last changes made through the API. */
export class AuditLog {
  readonly #maxEntries: number
  readonly #entries: AuditEntry[] = []
  #added = 0

  constructor(maxEntries = 1000) {
    this.#maxEntries = maxEntries
  }

  add(entry: Omit<AuditEntry, 'id'>): AuditEntry {
    const numbered = { id: ++this.#added, ...entry }
    this.#entries.push(numbered)
    if (this.#entries.length > this.#maxEntries) this.#entries.shift()
    return numbered
  }

  /** Returns entries, the newest first: those before the entry with the given id. */
  newest(limit: number, before = Number.POSITIVE_INFINITY): AuditEntry[] {
    const older = this.#entries.filter(({ id }) => id < before)
    return older.slice(-limit).reverse()
  }
}
