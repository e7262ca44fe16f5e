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
 * Returns the session that a client gives up by a SETUP without a Session header. Such a session
 * has set up the same presentation over UDP on this connection, and has played but no longer plays.
 * The SETUP must request interleaved transport.
 *
 * FFmpeg (5.1, 9) does this if no datagram arrives: it sends PAUSE, then a SETUP without `Session`,
 * and never a TEARDOWN. Another SETUP over UDP would belong to another viewer.
 *
 * @returns `undefined` if the client gives up no session.
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
