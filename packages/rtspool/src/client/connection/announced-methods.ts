import { parsePublic } from '../../rtsp/index.js'
import type { ClientConnection } from './client-connection.js'

/**
 * Sends OPTIONS, and returns the methods in the Public header of the response.
 *
 * @returns Names of methods, such as `PAUSE`; empty if the status of the response is not 200.
 * @throws {ClientError} no response, or refused credentials.
 */
export async function announcedMethods(
  connection: ClientConnection,
  uri: string,
): Promise<string[]> {
  const response = await connection.request({ method: 'OPTIONS', uri })
  return response.statusCode === 200 ? parsePublic(response.headers) : []
}
