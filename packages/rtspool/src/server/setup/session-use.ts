import type { TransportSpecInit } from '../../rtsp/index.js'
import type { Session, SessionUse } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'

/**
 * Stores in a session the transport that a SETUP has chosen, the client's action, and facts about the connection on
 * which the SETUP arrived.
 */
export function noteUse(
  { connection }: RequestContext,
  session: Session,
  action: SessionUse['action'],
  { lowerTransport, delivery }: TransportSpecInit,
): void {
  const unicast = lowerTransport === 'TCP' ? 'TCP' : 'UDP'
  const { isSecure, tunnel, userAgent, publicId } = connection
  session.noteUse({
    action,
    transport: delivery === 'multicast' ? 'multicast' : unicast,
    isSecure,
    tunnel,
    userAgent,
    connectionId: publicId,
  })
}
