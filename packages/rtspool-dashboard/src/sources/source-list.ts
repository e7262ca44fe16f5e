import { type ReadonlySignal, signal } from '@preact/signals'
import { Refresher } from '../lists/refresher.js'
import type { Visitor } from '../visitor/visitor.js'
import type { SourceBody } from './source-body.js'
import type { SourceView } from './source-view.js'

/** Types of events after which the sources must be read again. */
const types = ['sourceStateChanged', 'configChanged'] as const
/**
 * Milliseconds between two reads of the sources if no event arrives, because their byte counts change without events.
 */
const everyMs = 2000

/** Sources of the server, read again after each event about them. */
export class SourceList {
  readonly #client: Visitor['client']
  readonly #sources = signal<readonly SourceView[]>([])
  readonly #problem = signal('')
  readonly #refresher: Refresher

  constructor({ client, events }: Pick<Visitor, 'client' | 'events'>) {
    this.#client = client
    this.#refresher = new Refresher(events, { types, everyMs }, () => this.refresh())
    void this.refresh()
  }

  get sources(): ReadonlySignal<readonly SourceView[]> {
    return this.#sources
  }

  /** Sentence for the user about a failed read; empty if the last one succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  async refresh(): Promise<void> {
    try {
      const { sources } = await this.#client.get<{ sources: SourceView[] }>('/v1/sources')
      this.#sources.value = sources
      this.#problem.value = ''
    } catch (error) {
      this.#problem.value = (error as Error).message
    }
  }

  /** Adds a source to the server, which then pulls its stream for the viewers of a path. @throws {ApiError} */
  async add(path: string, body: SourceBody): Promise<void> {
    await this.#client.post('/v1/sources', { path, ...body })
    await this.refresh()
  }

  /** Changes settings of the source at a path. With an empty body, sends nothing. @throws {ApiError} */
  async change(path: string, body: SourceBody): Promise<void> {
    if (Object.keys(body).length === 0) return
    await this.#client.patch(placeOf(path), body)
    await this.refresh()
  }

  /** Removes the source at a path, so that the server no longer pulls its stream. @throws {ApiError} */
  async remove(path: string): Promise<void> {
    await this.#client.delete(placeOf(path))
    await this.refresh()
  }

  close(): void {
    this.#refresher.close()
  }
}

const placeOf = (path: string): string => `/v1/sources?path=${encodeURIComponent(path)}`
