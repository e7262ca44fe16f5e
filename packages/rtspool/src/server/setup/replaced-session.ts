import type { Session } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import {
  isSame,
  lowerTransportOf,
  playStreamsOf,
  presentationOf,
} from '../request/session-presentation.js'
import type { RequestTarget } from '../request/target.js'

/**
 * Returns the session that a client abandons with a SETUP that names none. The client had set up
 * the same presentation by UDP on this connection, has played it but no longer does, and now
 * requests interleaved transport.
 *
 * FFmpeg (5.1, 9) falls back in this way if no datagram arrives: PAUSE, then a SETUP without
 * `Session`, and never a TEARDOWN. A further SETUP by UDP belongs to another viewer.
 *
 * @returns `undefined` if no session is abandoned.
 */
export function replacedSession(
  context: RequestContext,
  target: RequestTarget,
): Session | undefined {
  if (context.session) return undefined
  for (const session of context.connection.sessions) {
    if (isGivenUp(session, context, target)) return session
  }
  return undefined
}

function isGivenUp(session: Session, { claimant }: RequestContext, target: RequestTarget): boolean {
  const { owner, state } = session
  if (state !== 'Ready' || owner?.connection || owner?.address !== claimant.address) return false
  if (owner.user !== claimant.user) return false
  const held = presentationOf(session)
  if (!held || !isSame(held, target)) return false
  return (
    playStreamsOf(held).some((stream) => stream.hasPlayed) &&
    [...held.transports.values()].every((stream) => lowerTransportOf(stream) === 'UDP')
  )
}
