import type { Role } from '../../access/roles.js'

/** Entry of the audit log: one request through the API that changed the server, or tried to. */
export interface AuditEntry {
  /** Number of the entry: 1 for the first since the start of the server, then one more each. */
  readonly id: number
  readonly time: string
  readonly requestId: string
  /** Id, name and role of the token that was used; never the token itself. */
  readonly token: { readonly id: string; readonly name: string; readonly role: Role }
  readonly address: string
  readonly operation: string
  /** Path parameters and body members of the request, without secrets. */
  readonly input: Readonly<Record<string, unknown>>
  /** Status code of the HTTP response to the request. */
  readonly status: number
}

/** Maximum number of characters of a text in an entry of the audit log; longer texts are shortened. */
const maxTextLength = 256
/** Maximum number of values of a list in an entry of the audit log; longer lists are shortened. */
const maxListLength = 100

/**
 * Shortens the texts and lists in the input of a change, at any depth, for the audit log. A body may have 64 KiB, and
 * the log contains 1000 entries.
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
   * Returns entries of the audit log, the newest first.
   *
   * @param limit - Maximum number of entries.
   * @param before - Id of an entry: only older entries are returned. Default: all entries.
   */
  newest(limit: number, before = Number.POSITIVE_INFINITY): AuditEntry[] {
    const older = this.#entries.filter(({ id }) => id < before)
    return older.slice(-limit).reverse()
  }
}
