import type { ApiClient } from '../api/api-client.js'
import type { LiveConnection } from '../live/index.js'

/** A one-time ticket of the API, and the port on which it counts. */
interface LiveTicket {
  readonly port: number
  readonly isSecure: boolean
  readonly protocols: readonly string[]
}

/**
 * Gets a ticket for a path.
 *
 * @param hostname - Host of the page.
 * @throws {ApiError} The server has no live picture, or the token may not watch.
 */
export async function liveConnection(
  client: ApiClient,
  path: string,
  hostname: string,
): Promise<LiveConnection> {
  const ticket = await client.post<LiveTicket>('/v1/live/tickets', { path })
  const { port, isSecure, protocols } = ticket
  return { url: `${isSecure ? 'wss' : 'ws'}://${hostname}:${port}/`, protocols }
}
