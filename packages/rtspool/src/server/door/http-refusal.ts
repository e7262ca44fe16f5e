import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { type HttpRefusal, serializeHttpRefusal } from '../../http/index.js'

/** Milliseconds for the client to read the refusal before the connection is closed. */
const graceMs = 1000

/**
 * Sends a response to an HTTP request that the server does not support, and closes the connection.
 */
export function refuseHttp(
  socket: Socket,
  statusCode: HttpRefusal,
  reason: string,
  clock: Clock,
): void {
  const timer = clock.schedule(() => socket.destroy(), graceMs, false)
  socket.on('close', () => timer.cancel())
  socket.on('error', () => socket.destroy())
  // Discards later bytes: unread ones would reset the connection, and the response would be lost.
  socket.on('data', () => {})
  socket.resume()
  socket.end(serializeHttpRefusal(statusCode, reason))
}
