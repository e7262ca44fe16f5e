import { type Handler, ok } from '../request/request-context.js'
import {
  presentationOf,
  requirePresentation,
  sessionNotFound,
} from '../request/session-presentation.js'

/**
 * Handles TEARDOWN: ends the session and releases its media and transports (RFC 2326 section 10.7).
 */
export const handleTeardown: Handler = (context) => {
  const { session } = context
  if (!session) throw sessionNotFound()
  if (presentationOf(session)) requirePresentation(context)
  session.end('teardown')
  return { ...ok, session }
}
