import { checkLivePausePoint } from '../live-range.js'
import { type Handler, ok } from '../request-context.js'
import { playStreamsOf, recordStreamsOf, requirePresentation } from '../session-presentation.js'

/** PAUSE: the flow halts, the session stays (RFC 2326 section 10.6). */
export const handlePause: Handler = (context) => {
  const { session, held } = requirePresentation(context)
  checkLivePausePoint(context.request.headers)
  for (const stream of playStreamsOf(held)) stream.pause()
  for (const stream of recordStreamsOf(held).values()) stream.pause()
  session.state = 'Ready'
  return { ...ok, session }
}
