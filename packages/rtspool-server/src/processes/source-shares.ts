import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import type { RelaySourceOptions } from 'rtspool/relay'
import type { SourcePlan, SourceService } from '../sources/source-service.js'
import type { SourceStatus } from '../sources/source-status.js'
import type { AssignmentNotice, ChildMessage, SourcesNotice } from './process-messages.js'

/** Milliseconds between two messages with the numbers of bytes of the sources. */
const reportMs = 1000
/** URL at which nobody listens, for a process whose port is not known yet. */
const nowhere = 'rtsp://127.0.0.1:1'

/** Parts of a child process that {@link SourceShares} use. */
interface SourceSharesOptions {
  /** Number of the process. */
  readonly number: number
  /** Returns the port of a process for its siblings; `undefined` before it is ready. */
  readonly portOf: (number: number) => number | undefined
  readonly tellParent: (message: ChildMessage) => void
  readonly clock?: Clock | undefined
}

/** Division of the sources among the processes of one server, as one of them knows it. */
export class SourceShares {
  readonly #options: SourceSharesOptions
  readonly #headers = new Map<number, NonNullable<RelaySourceOptions['headers']>>()
  #peers: Pick<ClusterNode['peers'], 'headers'> | undefined
  #notice: Omit<AssignmentNotice, 'kind'> = { owners: {}, tags: {} }
  #sources: SourceService | undefined
  #timer: ClockTimer | undefined
  /** Statuses as the siblings were told last, by path. */
  #told = new Map<string, SourceStatus>()
  #answered: (() => void) | undefined

  constructor(options: SourceSharesOptions) {
    this.#options = options
  }

  /**
   * Asks the parent for the owners of the sources.
   *
   * @param plans - Plans of all sources in the configuration.
   * @param peers - Signs requests of this process for its siblings.
   * @returns Promise that resolves with the reply.
   */
  async begin(
    plans: readonly SourcePlan[],
    peers: Pick<ClusterNode['peers'], 'headers'>,
  ): Promise<this> {
    this.#peers = peers
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve
    })
    this.want(plans.map(({ path }) => path))
    await answered
    return this
  }

  /** Lets a service follow later changes of the owners, and tells the siblings the states of its sources. */
  follow(sources: SourceService): void {
    this.#sources = sources
    sources.on('stateChanged', (status) => this.#tell([status]))
    this.#tellBytes(sources)
    sources.refresh()
  }

  close(): void {
    this.#timer?.cancel()
    this.#sources = undefined
  }

  /** Tells the parent the paths of all sources in the configuration. */
  want(paths: readonly string[]): void {
    this.#options.tellParent({ kind: 'sourcePaths', paths })
  }

  /** Returns whether this process has the source of a path. */
  owns(path: string): boolean {
    return this.#notice.owners[path] === this.#options.number
  }

  /** Returns the place at which the owner of a source serves its path to this process. */
  placeOf(path: string): RelaySourceOptions {
    const owner = this.#notice.owners[path]
    const port = owner === undefined ? undefined : this.#options.portOf(owner)
    const base = port === undefined ? nowhere : `rtsp://127.0.0.1:${port}`
    const url = base + path.split('/').map(encodeURIComponent).join('/')
    return { url, ...(owner !== undefined && { headers: this.#headersFor(owner) }) }
  }

  /** Notes the owners of all sources, and the tags of the processes in their cluster. */
  noteAssignment({ owners, tags }: AssignmentNotice): void {
    this.#notice = { owners, tags }
    this.#answered?.()
    this.#answered = undefined
    this.notePorts()
  }

  /**
   * Lets the sources follow changed ports of the processes. A process that is new knows no status yet, so this one soon
   * tells the statuses of all its sources again.
   */
  notePorts(): void {
    this.#told.clear()
    this.#sources?.refresh()
  }

  /** Notes states of sources that a sibling has. */
  noteStates({ statuses }: SourcesNotice): void {
    for (const status of statuses) this.#sources?.noteElsewhere(status)
  }

  /** Returns the function that signs requests for a process: the same one each time, because another one reconnects. */
  #headersFor(owner: number): NonNullable<RelaySourceOptions['headers']> {
    const known = this.#headers.get(owner)
    if (known !== undefined) return known
    const headers: NonNullable<RelaySourceOptions['headers']> = (request) =>
      this.#peers?.headers(request, { to: this.#notice.tags[owner] ?? '' }) ?? []
    this.#headers.set(owner, headers)
    return headers
  }

  /** Tells the numbers of bytes that have changed, again and again. */
  #tellBytes(sources: SourceService): void {
    const changed = sources.ownStatuses.filter(
      ({ path, bytes }) => this.#told.get(path)?.bytes !== bytes,
    )
    if (changed.length > 0) this.#tell(changed)
    const { clock = systemClock } = this.#options
    this.#timer = clock.schedule(() => this.#tellBytes(sources), reportMs, false)
  }

  #tell(statuses: readonly SourceStatus[]): void {
    for (const status of statuses) this.#told.set(status.path, status)
    this.#options.tellParent({ kind: 'sourceStates', statuses })
  }
}
