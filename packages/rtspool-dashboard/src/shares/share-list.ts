import { type ReadonlySignal, signal } from '@preact/signals'
import { Refresher } from '../lists/refresher.js'
import type { Visitor } from '../visitor/visitor.js'
import type { ShareView } from './share-view.js'

/** Types of events after which the share links must be read again, because the links or their viewers have changed. */
const types = ['shareCreated', 'shareEnded', 'sessionCreated', 'sessionRemoved'] as const
/**
 * Milliseconds between two reads without an event, so that a list appears even if a read has
 * failed.
 */
const everyMs = 10_000

/** The list of share links, read again after each event about them. */
export class ShareList {
  readonly #visitor: Pick<Visitor, 'client' | 'events'>
  readonly #shares = signal<readonly ShareView[]>([])
  readonly #problem = signal('')
  readonly #refresher: Refresher

  constructor(visitor: Pick<Visitor, 'client' | 'events'>) {
    this.#visitor = visitor
    this.#refresher = new Refresher(visitor.events, { types, everyMs }, () => this.refresh())
    void this.refresh()
  }

  get shares(): ReadonlySignal<readonly ShareView[]> {
    return this.#shares
  }

  /** Sentence for the user about a failed request; empty if the last one succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  async refresh(): Promise<void> {
    await this.#try(async () => {
      const { shares } = await this.#visitor.client.get<{ shares: ShareView[] }>('/v1/shares')
      this.#shares.value = shares
    })
  }

  async revoke({ id }: ShareView): Promise<void> {
    const isDone = await this.#try(() =>
      this.#visitor.client.delete(`/v1/shares/${encodeURIComponent(id)}`),
    )
    if (isDone) await this.refresh()
  }

  close(): void {
    this.#refresher.close()
  }

  async #try(request: () => Promise<unknown>): Promise<boolean> {
    try {
      await request()
      this.#problem.value = ''
      return true
    } catch (error) {
      this.#problem.value = (error as Error).message
      return false
    }
  }
}
