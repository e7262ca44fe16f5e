import type { Playback } from '../../media/playback.js'
import type { Session } from '../../session-pool/index.js'
import { ok, type Reply, type RequestContext } from '../request/request-context.js'
import {
  playStreamsOf,
  recordStreamsOf,
  requirePresentation,
} from '../request/session-presentation.js'
import { pausePoint, storedRange } from './stored-range.js'

/**
 * Handles PAUSE for a stored presentation. Pauses now, or when playback reaches the position in the
 * request (RFC 2326 section 10.6).
 */
export function pauseStored(context: RequestContext, session: Session, playback: Playback): Reply {
  const { held } = requirePresentation(context)
  const halt = (): void => {
    for (const stream of playStreamsOf(held)) stream.pause()
    for (const stream of recordStreamsOf(held).values()) stream.pause()
    session.state = 'Ready'
  }
  const { unit, seconds: point } = pausePoint(context.request.headers, playback)
  if (point !== undefined) {
    playback.pauseAt(point, halt)
    return {
      ...ok,
      session,
      headers: [['Range', storedRange(unit, playback, { ...playback.range, startSeconds: point })]],
    }
  }
  halt()
  playback.pause()
  return { ...ok, session, headers: [['Range', storedRange(unit, playback, playback.range)]] }
}
