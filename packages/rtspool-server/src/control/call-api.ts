/** Operation of the control API, with its body. */
export interface ControlCall {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: object
}

/** Milliseconds to wait for an answer: a server of a cluster waits up to 8 s for another one, and may ask twice. */
const timeoutMs = 20_000

/**
 * Calls the control API of a running server.
 *
 * @param url - URL of the API, such as `http://127.0.0.1:9997`.
 * @returns The answer: a value of JSON.
 * @throws {Error} The server cannot be reached, or refuses; the message says why.
 */
export async function callApi(url: string, token: string, call: ControlCall): Promise<unknown> {
  const { method, path, body } = call
  const answer = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new Error(`${url}: ${error.cause instanceof Error ? error.cause.message : error.message}`)
  })
  const value: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return value
  const { detail } = (value ?? {}) as { readonly detail?: unknown }
  throw new Error(`${answer.status}: ${typeof detail === 'string' ? detail : answer.statusText}`)
}
