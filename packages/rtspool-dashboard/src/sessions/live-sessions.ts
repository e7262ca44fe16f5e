import { type ReadonlySignal, signal } from '@preact/signals'
import type { ApiClient } from '../api/api-client.js'
import type { SessionView, UnheardNode } from '../api/session-view.js'
import type { Sorting } from '../elements/index.js'
import { type FilterValues, filterOf } from '../filters/session-filter.js'
import { PagedList } from '../lists/paged-list.js'
import { Refresher } from '../lists/refresher.js'
import type { Visitor } from '../visitor/visitor.js'
import { Bitrates, type SessionRow } from './bitrates.js'

interface SessionsPageView {
  readonly sessions: readonly SessionView[]
  readonly cursor?: string
  readonly unheard?: readonly UnheardNode[]
}

interface ClusterView {
  /** Number of sessions of this server. */
  readonly sessions: number
  /** Absent while Redis is away. */
  readonly nodes?: readonly { readonly state: string; readonly sessions: number }[]
}

const rowsPerPage = 200
/**
 * Milliseconds between two reads of sessions, because their bytes, loss and queue change without an
 * event.
 */
const figuresEveryMs = 3000
/** Minimum milliseconds for which the byte count of a session is stored after its last read, to compute the bitrate. */
const forgetEveryMs = 60_000

const types = ['sessionCreated', 'sessionRemoved', 'sessionStateChanged']

/** Default order of the sessions: the newest first, because the user may wait for one to appear. */
export const defaultSorting: Sorting = { column: 'age', order: 'ascending' }

/** Live sessions of the server that match a filter, in a sort order. */
export class LiveSessions {
  readonly list = new PagedList<SessionRow>(({ publicId }) => publicId)
  readonly #client: ApiClient
  readonly #refresher: Refresher
  readonly #bitrates = new Bitrates()
  readonly #total = signal<number | undefined>(undefined)
  readonly #unheard = signal<readonly UnheardNode[] | undefined>(undefined)
  #forgotAt = performance.now()

  constructor({ client, events }: Pick<Visitor, 'client' | 'events'>) {
    this.#client = client
    this.#refresher = new Refresher(events, { types, everyMs: figuresEveryMs }, () =>
      this.refresh(),
    )
  }

  /**
   * Number of all sessions of the server, with any filter; `undefined` before the server has sent
   * it.
   */
  get total(): ReadonlySignal<number | undefined> {
    return this.#total
  }

  /** Servers of the cluster whose sessions are missing; `undefined` without a cluster. */
  get unheard(): ReadonlySignal<readonly UnheardNode[] | undefined> {
    return this.#unheard
  }

  /** Reads the sessions from now on with this filter and sort order, in place of those before. */
  async show(filter: FilterValues, { column: sort, order }: Sorting): Promise<void> {
    const query = { ...filterOf(filter), sort, order, limit: rowsPerPage }
    await this.list.restart(async (cursor) => {
      const page = await this.#client.get<SessionsPageView>('/v1/sessions', { ...query, cursor })
      this.#unheard.value = page.unheard
      const now = performance.now()
      const rows = page.sessions.map((session) => this.#bitrates.add(session, now))
      return { rows, cursor: page.cursor }
    })
    await this.#readTotal()
  }

  async refresh(): Promise<void> {
    if (performance.now() - this.#forgotAt > forgetEveryMs) {
      this.#forgotAt = performance.now()
      this.#bitrates.forget()
    }
    await this.list.refresh()
    await this.#readTotal()
  }

  close(): void {
    this.#refresher.close()
    this.list.close()
  }

  async #readTotal(): Promise<void> {
    try {
      this.#total.value = await (this.#unheard.value ? this.#countAll() : this.#countHere())
    } catch {
      // The list tells the problem.
    }
  }

  async #countHere(): Promise<number> {
    const { sessions } = await this.#client.get<{ sessions: { now: number } }>('/v1/stats')
    return sessions.now
  }

  /**
   * Returns the number of sessions of all servers of the cluster, as of their last signs of life. While Redis is away, only
   * those of this server are known.
   */
  async #countAll(): Promise<number> {
    const { sessions: own, nodes } = await this.#client.get<ClusterView>('/v1/cluster')
    if (nodes === undefined) return own
    return nodes.reduce((sum, { sessions, state }) => sum + (state === 'dead' ? 0 : sessions), 0)
  }
}
