import type { Role } from '../../access/roles.js'

/** Entry of the audit log: one change that was made, or tried, through the API. */
export interface AuditEntry {
  /** Number of the entry, from 1. */
  readonly id: number
  readonly time: string
  readonly requestId: string
  /** Id, name and role of the token that was used; never the token itself. */
  readonly token: { readonly id: string; readonly name: string; readonly role: Role }
  readonly address: string
  readonly operation: string
  /** Path parameters and body members of the request, without secrets. */
  readonly input: Readonly<Record<string, unknown>>
  /** Status code of the response. */
  readonly status: number
}

/** Maximum number of characters of a text in an entry. */
const maxTextLength = 256
/** Maximum number of values of a list in an entry. */
const maxListLength = 100

/**
 * Shortens the texts and lists of a request at any depth. A body may have 64 KiB, and the log
 * contains 1000 entries.
 */
function cut(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > maxTextLength ? `${value.slice(0, maxTextLength - 1)}…` : value
  }
  if (Array.isArray(value)) return value.slice(0, maxListLength).map(cut)
  return typeof value === 'object' && value !== null ? cutMembers(value) : value
}

const cutMembers = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member)]))

/** Log of the last changes made through the API. */
export class AuditLog {
  readonly #maxEntries: number
  readonly #entries: AuditEntry[] = []
  #added = 0

  constructor(maxEntries = 1000) {
    this.#maxEntries = maxEntries
  }

  add(entry: Omit<AuditEntry, 'id'>): AuditEntry {
    const numbered = { id: ++this.#added, ...entry, input: cutMembers(entry.input) }
    this.#entries.push(numbered)
    if (this.#entries.length > this.#maxEntries) this.#entries.shift()
    return numbered
  }

  /**
   * Returns entries, the newest first.
   *
   * @param before - Id of an entry: only older entries are returned.
   */
  newest(limit: number, before = Number.POSITIVE_INFINITY): AuditEntry[] {
    const older = this.#entries.filter(({ id }) => id < before)
    return older.slice(-limit).reverse()
  }
}
