import { RequestError } from '../../errors.js'
import { parseRange } from '../../rtsp/index.js'
import { type Handler, ok } from '../request-context.js'
import { isPublication, recordStreamsOf, requirePresentation } from '../session-presentation.js'

/** RECORD: what was announced begins to arrive (RFC 2326 section 10.11). */
export const handleRecord: Handler = async (context) => {
  const { session, held } = requirePresentation(context)
  const publication = held.media
  if (!isPublication(publication)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', 'the session plays; it cannot record')
  }
  const range = context.request.headers.get('Range')
  if (range !== undefined) parseRange(range)
  const isFirst = publication.media === undefined
  await publication.record(recordStreamsOf(held))
  session.state = 'Recording'
  if (isFirst) context.server.publicationStarted(publication)
  return { ...ok, session }
}
