import { type Handler, ok } from '../request/request-context.js'
import {
  playStreamsOf,
  recordStreamsOf,
  requirePresentation,
  viewedMediaOf,
} from '../request/session-presentation.js'
import { checkLivePausePoint } from './live-range.js'
import { pauseStored } from './pause-stored.js'

/** Handles PAUSE: stops the media but keeps the session (RFC 2326 section 10.6). */
export const handlePause: Handler = (context) => {
  const { session, held } = requirePresentation(context)
  const playback = viewedMediaOf(held)?.playback
  if (playback) return pauseStored(context, session, playback)
  checkLivePausePoint(context.request.headers)
  for (const stream of playStreamsOf(held)) stream.pause()
  for (const stream of recordStreamsOf(held).values()) stream.pause()
  session.state = 'Ready'
  return { ...ok, session }
}
