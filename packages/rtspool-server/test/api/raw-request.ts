import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ApiClient } from './api-client.js'

/** An API, a token of the role `admin`, and a client of both. */
export interface ApiTarget {
  readonly api: ApiClient
  readonly url: string
  readonly adminToken: string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends a request with any headers: `fetch` does not let its callers choose Host. */
export function rawRequest(
  { url, adminToken }: Pick<ApiTarget, 'url' | 'adminToken'>,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}${path}`,
      { method, headers: { authorization: `Bearer ${adminToken}`, ...headers } },
      async (response) => {
        const status = response.statusCode ?? 0
        resolve({ status, headers: response.headers, body: await text(response) })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** @returns The status of the response. */
export async function requestWithHost(
  scene: ApiTarget,
  operationId: string,
  host: string,
): Promise<number> {
  const [path, method] = scene.api.placeOf(operationId)
  const filled = path.replaceAll(/\{\w+\}/g, 'x')
  const { status } = await rawRequest(scene, filled, {
    method: method.toUpperCase(),
    headers: { host },
  })
  return status
}
