import { type ReadonlySignal, signal } from '@preact/signals'
import { ApiClient, ApiError } from '../api/api-client.js'
import { type CallerView, Visitor } from '../visitor/visitor.js'

const storageKey = 'rtspool.token'
/** Prefix of the tokens of logins by password. The server removes such a token at the logout. */
const loginPrefix = 'login_'

/** The login of the user of the page. The browser stores the token until the tab is closed. */
export class Login {
  readonly #storage: Storage
  readonly #send: typeof fetch | undefined
  readonly #visitor = signal<Visitor | undefined>(undefined)
  readonly #problem = signal('')
  readonly #isChecking = signal(false)

  /**
   * Restores the login whose token the browser has stored, if there is one.
   *
   * @param storage - Storage of the browser for the token.
   * @param send - Sends HTTP requests; another function serves tests. @default `fetch`
   */
  constructor(storage: Storage, send?: typeof fetch) {
    this.#storage = storage
    this.#send = send
    const token = storage.getItem(storageKey)
    if (token) void this.logIn(token)
  }

  /** User who is logged in; `undefined` before the login and after its end. */
  get visitor(): ReadonlySignal<Visitor | undefined> {
    return this.#visitor
  }

  /** Sentence for the user about a failed login; empty if there was none. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  /** Signal that is true while the server checks a password or token. */
  get isChecking(): ReadonlySignal<boolean> {
    return this.#isChecking
  }

  /** Logs in with the name and password of a user. A failure appears in {@link problem}; nothing is thrown. */
  async logInAs(user: string, password: string): Promise<void> {
    const client = new ApiClient('', { ...(this.#send && { send: this.#send }) })
    this.#isChecking.value = true
    try {
      const { token } = await client.post<{ token: string }>('/v1/login', { user, password })
      await this.logIn(token)
    } catch (error) {
      this.#problem.value = error instanceof Error ? error.message : String(error)
    } finally {
      this.#isChecking.value = false
    }
  }

  /** Logs in with a token of the API, and stores the token in the browser. A failure appears in {@link problem}. */
  async logIn(token: string): Promise<void> {
    const client = new ApiClient(token, {
      ...(this.#send && { send: this.#send }),
      onUnauthorized: () => this.#visitor.value && this.logOut('Log in again.'),
    })
    this.#isChecking.value = true
    try {
      const visitor = new Visitor(client, await client.get<CallerView>('/v1/caller'))
      if (!visitor.can('viewer')) throw new ApiError('This login may not see sessions.', 403)
      this.#problem.value = ''
      this.#storage.setItem(storageKey, token)
      this.#visitor.value = visitor
    } catch (error) {
      this.#problem.value = reasonOf(error)
    } finally {
      this.#isChecking.value = false
    }
  }

  logOut(problem = ''): void {
    const token = this.#storage.getItem(storageKey)
    const isOwn = problem === '' && token?.startsWith(loginPrefix)
    // A server that does not respond ends the login by itself, later.
    if (isOwn) this.#visitor.value?.client.post('/v1/logout', {}).catch(() => {})
    this.#storage.removeItem(storageKey)
    this.#problem.value = problem
    this.#visitor.value?.close()
    this.#visitor.value = undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error)
  return error.status === 401 ? 'The server does not know this token.' : error.message
}
