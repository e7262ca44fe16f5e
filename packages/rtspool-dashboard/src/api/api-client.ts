/** Explains in one sentence why a request to the API failed. */
export class ApiError extends Error {
  /** Status of the response; 0 if there was none. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

/** Problem details of an error response (RFC 9457), as far as the page shows them. */
interface Problem {
  readonly title?: string
  readonly detail?: string
}

/** Calls the control API that serves the page, with one token. */
export class ApiClient {
  readonly #token: string
  readonly #fetch: typeof fetch

  /** @param send - Sends requests; another function in tests. */
  constructor(token: string, send: typeof fetch = (...request) => fetch(...request)) {
    this.#token = token
    this.#fetch = send
  }

  /** @throws {ApiError} */
  get<Result>(path: string): Promise<Result> {
    return this.#call('GET', path)
  }

  /** @throws {ApiError} */
  post<Result>(path: string, body: object): Promise<Result> {
    return this.#call('POST', path, body)
  }

  async #call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` }
    if (body) headers['content-type'] = 'application/json'
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    let response: Response
    try {
      response = await this.#fetch(path, init)
    } catch {
      throw new ApiError('The server does not respond.', 0)
    }
    if (response.ok) return response.json()
    throw new ApiError(await problemOf(response), response.status)
  }
}

async function problemOf(response: Response): Promise<string> {
  try {
    const { title, detail }: Problem = await response.json()
    return [title, detail].filter(Boolean).join(': ')
  } catch {
    return `The server responded with ${response.status}.`
  }
}
