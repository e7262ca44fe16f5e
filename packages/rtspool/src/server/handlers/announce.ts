import { RequestError } from '../../errors.js'
import { Publication } from '../../media/publication.js'
import { parseSdp } from '../../sdp/index.js'
import { type Handler, ok } from '../request-context.js'
import { requireTarget } from '../target.js'

/** ANNOUNCE: a client describes what it is going to record (RFC 2326 section 10.3). */
export const handleAnnounce: Handler = ({ server, connection, request, target: given }) => {
  const target = requireTarget(given)
  const { path, presentation } = target
  if (!server.mounts.isPublishAllowed(path)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', `publishing to ${path} is not allowed`)
  }
  const contentType = mediaTypeOf(request.headers.get('Content-Type'))
  if (contentType !== 'application/sdp') {
    throw new RequestError(
      contentType === '' ? 'ERR_SDP' : 'ERR_UNSUPPORTED_MEDIA_TYPE',
      `expected a body of type application/sdp, got ${contentType || 'no Content-Type'}`,
    )
  }
  const description = parseSdp(request.body)
  if (description.media.length === 0) {
    throw new RequestError('ERR_SDP', 'expected at least one m= line, got none')
  }
  // A client that announces again replaces its own announcement, never somebody else's.
  if (connection.publication?.path === path) connection.publication.end()
  if (server.mounts.get(path)) {
    throw new RequestError('ERR_FORBIDDEN', `${path} is in use`)
  }
  const publication = new Publication({
    path,
    presentation,
    description,
    clock: server.clock,
    onEnded: (ended) => {
      server.mounts.remove(path)
      if (connection.publication === ended) connection.publication = undefined
      server.publicationEnded(ended)
    },
  })
  server.mounts.add(path, publication.factory)
  connection.publication?.end()
  connection.publication = publication
  return ok
}

function mediaTypeOf(value = ''): string {
  const semicolon = value.indexOf(';')
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase()
}
