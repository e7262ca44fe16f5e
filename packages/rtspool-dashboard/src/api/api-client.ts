/** Error of a request to the control API. Its message is one sentence for the user of the page. */
export class ApiError extends Error {
  /** Status of the response; 0 if there was no response. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }

  /**
   * True if the server would refuse the same request again, so that a retry is useless: 4xx except 401, 408 and 429.
   */
  get isFinal(): boolean {
    const { status } = this
    return status >= 400 && status < 500 && !passingStatuses.includes(status)
  }
}

/**
 * Status codes of temporary refusals, after which the same request may succeed: no login, a slow request, too many
 * requests.
 */
const passingStatuses = [401, 408, 429]

/** Members of an error response (problem details of RFC 9457) that the page shows. */
interface Problem {
  readonly title?: string
  readonly detail?: string
}

/** Query parameters of a request by name. A parameter that is `undefined` or empty is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ApiClientOptions {
  /** Function that sends HTTP requests; another one serves tests. @default the `fetch` of the browser */
  readonly send?: typeof fetch
  /** Called when the server rejects the token, because it is unknown or no longer valid. */
  readonly onUnauthorized?: () => void
}

/** Sends requests to the control API on the server of the page, with one token. */
export class ApiClient {
  readonly #authorization: Readonly<Record<string, string>>
  readonly #fetch: typeof fetch
  readonly #onUnauthorized: () => void

  /**
   * Creates a client.
   *
   * @param token - Bearer token; empty for operations without a token.
   */
  constructor(token: string, options: ApiClientOptions = {}) {
    const { send = (...request) => fetch(...request), onUnauthorized = () => {} } = options
    this.#authorization = token === '' ? {} : { authorization: `Bearer ${token}` }
    this.#fetch = send
    this.#onUnauthorized = onUnauthorized
  }

  /**
   * Sends a GET request, and returns the parsed JSON body of the response.
   *
   * @throws {ApiError} The response is an error, or there is none.
   */
  get<Result>(path: string, query: Query = {}): Promise<Result> {
    return this.#call('GET', `${path}${searchOf(query)}`)
  }

  /**
   * Sends a POST request with a JSON body, and returns the parsed body of the response.
   *
   * @throws {ApiError} The response is an error, or there is none.
   */
  post<Result>(path: string, body: object): Promise<Result> {
    return this.#call('POST', path, body)
  }

  /**
   * Sends a PATCH request with a JSON body, and returns the parsed body of the response.
   *
   * @throws {ApiError} The response is an error, or there is none.
   */
  patch<Result>(path: string, body: object): Promise<Result> {
    return this.#call('PATCH', path, body)
  }

  /**
   * Sends a DELETE request, and returns the parsed body of the response.
   *
   * @throws {ApiError} The response is an error, or there is none.
   */
  delete<Result>(path: string): Promise<Result> {
    return this.#call('DELETE', path)
  }

  /**
   * Sends a GET request, and returns the response with its body unread, such as a stream of events or a picture.
   *
   * @param signal - Ends the request and the reading of the body when it aborts.
   * @throws {ApiError}
   */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return this.#send(path, { method: 'GET', headers, signal })
  }

  async #call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const response = await this.#send(path, init)
    return response.json()
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, ...this.#authorization }
    let response: Response
    try {
      response = await this.#fetch(path, { ...init, headers })
    } catch {
      throw new ApiError('The server does not respond.', 0)
    }
    if (response.ok) return response
    if (response.status === 401) this.#onUnauthorized()
    throw new ApiError(await problemOf(response), response.status)
  }
}

function searchOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

async function problemOf(response: Response): Promise<string> {
  try {
    const { title, detail }: Problem = await response.json()
    return [title, detail].filter(Boolean).join(': ')
  } catch {
    return `The server responded with ${response.status}.`
  }
}
