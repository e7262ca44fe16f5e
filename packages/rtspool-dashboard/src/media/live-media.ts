import { type ReadonlySignal, signal } from '@preact/signals'
import { PagedList } from '../lists/paged-list.js'
import { Refresher } from '../lists/refresher.js'
import type { Visitor } from '../visitor/visitor.js'
import { BitrateHistory } from './bitrate-history.js'
import type { MediaView } from './media-view.js'

const rowsPerPage = 100
/** Milliseconds between two reads of the shown media from the server, because bitrates change without an event. */
const figuresEveryMs = 2000
const types = ['mediaStarted', 'mediaDown', 'mediaUp', 'mediaEnded']

interface MediaPage {
  readonly media: readonly MediaView[]
  readonly cursor?: string
}

/** Result of a search for the media at a path. */
export interface FoundMedia {
  readonly path: string
  /** Media that the server has at the path; `undefined` if nothing is served there. */
  readonly media: MediaView | undefined
}

/** Media of the server, read from the API in lists of 100, and the one media whose details are shown. */
export class LiveMedia {
  readonly list = new PagedList<MediaView>(({ publicId }) => publicId)
  readonly bitrates = new BitrateHistory()
  readonly #client: Pick<Visitor['client'], 'get'>
  readonly #refresher: Refresher
  readonly #found = signal<FoundMedia | undefined>(undefined)
  #wanted: string | undefined

  constructor({ client, events }: Pick<Visitor, 'client' | 'events'>) {
    this.#client = client
    this.#refresher = new Refresher(events, { types, everyMs: figuresEveryMs }, () =>
      this.refresh(),
    )
    void this.list.restart(async (cursor) => {
      const page = await this.#read({ limit: rowsPerPage, cursor })
      return { rows: page.media, cursor: page.cursor }
    })
  }

  /** Result of the last search for a path of {@link choose}; `undefined` before the first one. */
  get found(): ReadonlySignal<FoundMedia | undefined> {
    return this.#found
  }

  /**
   * Chooses the media at a path, whose details are shown: searches for it now and at each refresh, and puts the result
   * in {@link found}. `undefined` ends the search; the last result stays.
   */
  async choose(path: string | undefined): Promise<void> {
    this.#wanted = path
    await this.#search()
  }

  /** Reads the visible rows of the list, and the media whose details are shown, from the server again. */
  async refresh(): Promise<void> {
    await this.list.refresh()
    await this.#search()
  }

  close(): void {
    this.#refresher.close()
    this.list.close()
  }

  async #search(): Promise<void> {
    const path = this.#wanted
    if (path === undefined) return
    try {
      const { media } = await this.#read({ path, limit: 1 })
      if (this.#wanted === path) this.#found.value = { path, media: media[0] }
    } catch {
      // The list tells the problem.
    }
  }

  async #read(query: Readonly<Record<string, string | number | undefined>>): Promise<MediaPage> {
    const page = await this.#client.get<MediaPage>('/v1/media', query)
    this.bitrates.note(page.media, performance.now())
    return page
  }
}
