import { parsePublic } from '../../rtsp/index.js'
import type { ClientConnection } from './client-connection.js'

/**
 * Requests the methods of the server by OPTIONS.
 *
 * @returns The methods; empty if the server refuses the request. Refused credentials throw.
 */
export async function announcedMethods(
  connection: ClientConnection,
  uri: string,
): Promise<string[]> {
  const response = await connection.request({ method: 'OPTIONS', uri })
  return response.statusCode === 200 ? parsePublic(response.headers) : []
}
