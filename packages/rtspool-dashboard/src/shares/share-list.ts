import { type ReadonlySignal, signal } from '@preact/signals'
import type { Visitor } from '../visitor/visitor.js'
import type { ShareView } from './share-view.js'

/** Events after which the list may be another one. */
const types = ['shareCreated', 'shareEnded', 'sessionCreated', 'sessionRemoved'] as const
/** Milliseconds in which many events cause one request. */
const pauseMs = 500

/** The share links of the server, read again when something about them happens. */
export class ShareList {
  readonly #visitor: Visitor
  readonly #shares = signal<readonly ShareView[]>([])
  readonly #problem = signal('')
  readonly #unsubscribe: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(visitor: Visitor) {
    this.#visitor = visitor
    this.#unsubscribe = visitor.events.subscribe(() => this.#refreshSoon(), types)
    void this.refresh()
  }

  get shares(): ReadonlySignal<readonly ShareView[]> {
    return this.#shares
  }

  /** Sentence about the last request; empty if it succeeded. */
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
    this.#unsubscribe()
    clearTimeout(this.#timer)
  }

  #refreshSoon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.refresh(), pauseMs)
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
