import type { TransportSpecInit } from '../../rtsp/index.js'
import type { Session, SessionUse } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'

/** Notes in a session what a SETUP has chosen, and from where it came. */
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
