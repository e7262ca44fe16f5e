import { type ReadonlySignal, signal } from '@preact/signals'
import { ApiClient, ApiError } from '../api/api-client.js'

const storageKey = 'rtspool.token'

/** The token of the person in front of the page, kept until the tab closes. */
export class Login {
  readonly #storage: Storage
  readonly #client = signal<ApiClient | undefined>(undefined)
  readonly #problem = signal('')

  constructor(storage: Storage) {
    this.#storage = storage
    const token = storage.getItem(storageKey)
    if (token) this.#client.value = new ApiClient(token)
  }

  /** Absent until somebody has logged in. */
  get client(): ReadonlySignal<ApiClient | undefined> {
    return this.#client
  }

  /** Sentence about the last attempt; empty if there is nothing to say. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  async logIn(token: string): Promise<void> {
    const client = new ApiClient(token)
    try {
      await client.get('/v1/sessions?limit=1')
    } catch (error) {
      this.#problem.value = reasonOf(error)
      return
    }
    this.#problem.value = ''
    this.#storage.setItem(storageKey, token)
    this.#client.value = client
  }

  logOut(problem = ''): void {
    this.#storage.removeItem(storageKey)
    this.#problem.value = problem
    this.#client.value = undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error)
  if (error.status === 401) return 'The server does not know this token.'
  if (error.status === 403) return 'This token may not see sessions.'
  return error.message
}
