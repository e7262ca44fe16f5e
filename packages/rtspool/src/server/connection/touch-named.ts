import type { RtspRequest } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'

/**
 * Touches the session that a request names, if it belongs to the connection. A connection calls
 * this for a request that must wait, because the session may otherwise expire before the request is
 * handled.
 */
export function touchNamed(sessions: Iterable<Session>, { headers }: RtspRequest): void {
  const id = headers.get('Session')?.split(';')[0]?.trim()
  for (const session of sessions) if (session.id === id) session.touch()
}
