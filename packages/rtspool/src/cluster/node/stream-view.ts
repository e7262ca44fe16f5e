import type { Clock } from '../../clock.js'
import type { ClusterStore, StreamPage, StreamRow } from '../cluster-store.js'

/** A path at which a client publishes to a node of a cluster. @experimental */
export type ClusterStream = Omit<StreamRow, 'claim'>

/** Store and clock of a {@link StreamView}. */
interface StreamViewOptions {
  readonly store: Pick<ClusterStore, 'streams'>
  readonly clock: Clock
  /** Called with each list that differs from the one before. */
  readonly onChange: (page: StreamPage) => void
}

/** Least milliseconds between two readings of the list for paths that are unknown here. */
export const readPauseMs = 50

/** List of the streams of a cluster, as a node has read it from the store. */
export class StreamView {
  readonly #options: StreamViewOptions
  #streams: ReadonlyMap<string, ClusterStream> = new Map()
  #version = ''
  /** Reading that has not begun, for which others may wait, too. */
  #next: Promise<void> | undefined
  #readAt = Number.NEGATIVE_INFINITY

  /** Creates a list without streams. */
  constructor(options: StreamViewOptions) {
    this.#options = options
  }

  /** Version of the list, from the store; empty before the first reading. */
  get version(): string {
    return this.#version
  }

  list(): readonly ClusterStream[] {
    return [...this.#streams.values()]
  }

  find(path: string): ClusterStream | undefined {
    return this.#streams.get(path)
  }

  /** Reads the list, if it has changed. Rejects when the store does not reply; the list then stays as it is. */
  async read(): Promise<void> {
    const { store, clock, onChange } = this.#options
    this.#readAt = clock.now()
    const page = await store.streams?.(this.#version === '' ? undefined : this.#version)
    if (page === undefined) return
    this.#version = page.version
    this.#streams = new Map(page.streams.map(({ claim: _, ...stream }) => [stream.path, stream]))
    onChange(page)
  }

  /** Reads the list soon, once for all who ask within {@link readPauseMs}. Never rejects. */
  readSoon(): Promise<void> {
    this.#next ??= this.#readSoon()
    return this.#next
  }

  async #readSoon(): Promise<void> {
    const { clock } = this.#options
    const waitMs = this.#readAt + readPauseMs - clock.now()
    const isTime = (resolve: () => void) => clock.schedule(resolve, waitMs, true)
    // In any case later, when the promise of this reading is known.
    await (waitMs > 0 ? new Promise<void>(isTime) : undefined)
    this.#next = undefined
    try {
      await this.read()
    } catch {
      // The node uses the list that it has.
    }
  }
}
