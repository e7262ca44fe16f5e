import { RequestError } from '../../errors.js'
import { playMethods } from '../request/methods.js'
import { type Handler, ok } from '../request/request-context.js'
import {
  isPublication,
  recordStreamsOf,
  requirePresentation,
} from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'
import { checkLiveRange } from './live-range.js'

/**
 * Handles RECORD: from now on the server relays the packets of the announced tracks (RFC 2326
 * section 10.11).
 */
export const handleRecord: Handler = async (context) => {
  const { session, held } = requirePresentation(context)
  const publication = held.media
  if (!isPublication(publication)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', 'the session plays; it cannot record', {
      context: { allow: playMethods },
    })
  }
  checkLiveRange(context.request.headers, context.server.clock.unixTimeMs())
  await publication.record(recordStreamsOf(held))
  requireValid(context)
  session.state = 'Recording'
  return { ...ok, session }
}
