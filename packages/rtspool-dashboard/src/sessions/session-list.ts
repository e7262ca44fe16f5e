import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { ApiClient } from '../api/api-client.js'
import type { SessionPage, SessionView } from '../api/session-view.js'

const refreshMs = 2_000
/** Sessions that the page shows at most: the filter finds others. */
const pageSize = 500

/** The sessions of the server, read again each two seconds. */
export class SessionList {
  readonly filter = signal('')
  readonly #client: ApiClient
  readonly #sessions = signal<readonly SessionView[]>([])
  readonly #problem = signal('')
  readonly #actionProblem = signal('')
  readonly #isCut = signal(false)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /** Sessions whose path, user, address or program contains the filter. */
  readonly shown: ReadonlySignal<readonly SessionView[]> = computed(() => {
    const wanted = this.filter.value.trim().toLowerCase()
    return this.#sessions.value.filter((session) => textOf(session).includes(wanted))
  })

  constructor(client: ApiClient) {
    this.#client = client
    void this.refresh()
  }

  /** Sentence about the last request; empty if it succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  /** Sentence about the last action; empty if it succeeded. Reading the list does not change it. */
  get actionProblem(): ReadonlySignal<string> {
    return this.#actionProblem
  }

  /** True if the server has more sessions than the page shows. */
  get isCut(): ReadonlySignal<boolean> {
    return this.#isCut
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#try(this.#problem, async () => {
      const page = await this.#client.get<SessionPage>(`/v1/sessions?limit=${pageSize}`)
      this.#sessions.value = page.sessions
      this.#isCut.value = page.cursor !== undefined
    })
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.refresh(), refreshMs)
  }

  /** Ends a session. */
  async kick({ publicId }: SessionView): Promise<void> {
    const isDone = await this.#try(this.#actionProblem, () =>
      this.#client.post(`/v1/sessions/${encodeURIComponent(publicId)}/kick`, {}),
    )
    if (isDone) await this.refresh()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #try(problem: Signal<string>, request: () => Promise<unknown>): Promise<boolean> {
    try {
      await request()
      problem.value = ''
      return true
    } catch (error) {
      problem.value = (error as Error).message
      return false
    }
  }
}

function textOf({ paths, user, address, userAgent, transport }: SessionView): string {
  return [...paths, user, address, userAgent, transport].filter(Boolean).join(' ').toLowerCase()
}
