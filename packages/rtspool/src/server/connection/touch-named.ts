import type { RtspRequest } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'

/**
 * Touches the session that a request names, among those of its connection. To be called for a
 * request that must wait: without it, the session may expire before the request is handled.
 */
export function touchNamed(sessions: Iterable<Session>, { headers }: RtspRequest): void {
  const id = headers.get('Session')?.split(';')[0]?.trim()
  for (const session of sessions) if (session.id === id) session.touch()
}
