import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { type HttpRefusal, serializeHttpRefusal } from '../../http/index.js'

/** How long a client may take to read why it was refused. */
const graceMs = 1000

/** Answers an HTTP request that is not served here, and closes. The answer is the last that is written. */
export function refuseHttp(
  socket: Socket,
  statusCode: HttpRefusal,
  reason: string,
  clock: Clock,
): void {
  const timer = clock.schedule(() => socket.destroy(), graceMs, false)
  socket.on('close', () => timer.cancel())
  socket.on('error', () => socket.destroy())
  // What still comes is thrown away: left unread it would reset the connection and lose the answer.
  socket.on('data', () => {})
  socket.resume()
  socket.end(serializeHttpRefusal(statusCode, reason))
}
